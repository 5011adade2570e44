// Draws the charts of a page from the JSON beside them. A table shows the same numbers.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const drawn = new Map();

// A canvas cannot read CSS variables, so an element with the colour resolves it.
function colour(element, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

// `fine`: the axis has fractions, not counts. `dashed`: a line to compare with the line before it.
function options(element, { kind, categories, series, fine }) {
  const [ink, soft, line] = ["ink", "ink-soft", "line"].map((name) => colour(element, name));
  const text = { color: soft, fontFamily: getComputedStyle(element).fontFamily };
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    color: ["accent", "good", "bad", "wait", "code-keyword"].map((name) => colour(element, name)),
    textStyle: text,
    grid: { left: 8, right: 8, top: series.length > 1 ? 56 : 16, bottom: 8, containLabel: true },
    legend: series.length > 1 ? { type: "scroll", top: 0, textStyle: { color: ink } } : undefined,
    // Rich text is drawn on the canvas; HTML would need inline styles, which the page's policy forbids.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: categories, axisLabel: text, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: "value", minInterval: fine ? 0 : 1, scale: Boolean(fine), axisLabel: text, splitLine: { lineStyle: { color: line } } },
    series: series.map((one) => ({ type: kind, name: one.name, data: one.values, ...look(one, categories.length) })),
  };
}

function look({ dashed }, points) {
  return { symbolSize: 6, showSymbol: points <= 60, lineStyle: { type: dashed ? "dashed" : "solid" } };
}

function draw(element) {
  const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const chart = drawn.get(element) ?? init(element);
  drawn.set(element, chart);
  chart.setOption(options(element, data), true);
}

function drawAll() {
  for (const [element, chart] of drawn) {
    if (element.isConnected) continue;
    chart.dispose();
    drawn.delete(element);
  }
  document.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll();
document.addEventListener("htmx:load", drawAll); // a part of the page was replaced
addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
