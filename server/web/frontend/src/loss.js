// Draws the loss of a training run while it arrives. Only a line: the result page has the chart and its table.
const WIDTH = 400;
const HEIGHT = 120;
const INSET = 4;

export function lossCurve(figure) {
  const points = new Map(); // by step: a point can arrive twice after a reconnect
  return (fresh) => {
    if (!fresh?.length) return;
    for (const [step, value] of fresh) points.set(step, value);
    figure.hidden = false;
    draw(figure, [...points].sort(([one], [other]) => one - other));
  };
}

function draw(figure, points) {
  const [first, last] = [points[0], points.at(-1)];
  const values = points.map(([, value]) => value);
  const x = scale(first[0], last[0], INSET, WIDTH - INSET);
  const y = scale(Math.max(...values), Math.min(...values), INSET, HEIGHT - INSET);
  const line = points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  figure.querySelector("polyline").setAttribute("points", line);
  figure.querySelector("[data-loss-from]").textContent = `Loss at step ${first[0]}: ${first[1].toPrecision(4)}`;
  figure.querySelector("[data-loss-now]").textContent = `at step ${last[0]}: ${last[1].toPrecision(4)}`;
}

function scale(from, to, low, high) {
  return (value) => (from === to ? (low + high) / 2 : low + ((value - from) / (to - from)) * (high - low));
}
