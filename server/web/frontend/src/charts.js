// Draws the charts of a page from the JSON beside them. A table shows the same numbers.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

const COLOURS = 8;
// Besides its colour, each name has a shape, for those who see few colours.
const SHAPES = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow", "emptyCircle"];

const drawn = new Map();
// A name has the same colour in every chart of the page.
const places = new Map();

function placeOf(name) {
  if (!places.has(name)) places.set(name, places.size);
  return places.get(name);
}

// A canvas cannot read CSS variables, so an element with the colour resolves it.
function colour(element, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

const groupOf = (one) => one.of ?? one.name;

// `fine`: the axis has fractions, not counts. `dashed`: the reference for the line of the same name.
function options(element, { kind, categories, series, fine, x, y }) {
  const [ink, soft, line] = ["ink", "ink-soft", "line"].map((name) => colour(element, name));
  const text = { color: soft, fontFamily: getComputedStyle(element).fontFamily };
  const labelled = kind === "line" && series.length > 1;
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: text,
    // The names of the lines stand at their ends, the title of the numbers above them: beside them, long numbers hide it.
    grid: { left: 8, right: labelled ? 120 : 16, top: y ? 36 : 16, bottom: x ? 28 : 8, containLabel: true },
    legend: { show: false },
    // Rich text is drawn on the canvas; HTML would need inline styles, which the page's policy forbids.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: categories, name: x, nameGap: 28, nameLocation: "middle", nameTextStyle: text, axisLabel: text, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: "value", minInterval: fine ? 0 : 1, scale: Boolean(fine), name: y, nameGap: 14, nameLocation: "end", nameTextStyle: { ...text, align: "left" }, axisLabel: text, splitLine: { lineStyle: { color: line } } },
    series: series.map((one) => ({ type: kind, name: one.name, data: one.values, ...look(element, one, categories.length, labelled && label(series, one, ink)) })),
  };
}

// Yours has the name at its end; the reference, too, if there is only one pair.
function label(series, one, ink) {
  const pairs = new Set(series.map(groupOf)).size;
  const words = pairs === 1 && one.of ? one.name.slice(one.of.length + 2) : groupOf(one);
  return (pairs === 1 || !one.dashed) && { show: true, formatter: words, color: ink, width: 110, overflow: "truncate" };
}

function look(element, one, points, endLabel) {
  const place = placeOf(groupOf(one));
  const shade = colour(element, `series-${1 + (place % COLOURS)}`);
  return {
    color: shade,
    symbol: SHAPES[place % SHAPES.length],
    symbolSize: one.dashed ? 0 : 7,
    showSymbol: points <= 60,
    lineStyle: { type: one.dashed ? "dashed" : "solid", width: one.dashed ? 1.5 : 2.5, color: shade },
    endLabel: endLabel || { show: false },
    labelLayout: { moveOverlap: "shiftY" },
  };
}

function draw(element) {
  const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const isNew = !drawn.has(element);
  const chart = drawn.get(element) ?? init(element);
  drawn.set(element, chart);
  chart.setOption(options(element, data), true);
  if (isNew && data.series.length > 1) element.after(switches(chart, data.series));
}

// One button for each name: shows or hides its lines.
function switches(chart, series) {
  const box = document.createElement("div");
  box.className = "chart-series";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Lines that are shown");
  for (const name of new Set(series.map(groupOf))) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.className = `series series-${1 + (placeOf(name) % COLOURS)}`;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const show = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", show);
      for (const one of series.filter((each) => groupOf(each) === name)) {
        chart.dispatchAction({ type: show ? "legendSelect" : "legendUnSelect", name: one.name });
      }
    });
    box.append(button);
  }
  return box;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const chart of drawn.values()) chart.dispatchAction({ type: "hideTip" });
});

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
