// Draws the loss while it arrives: one line for each training. The browser keeps it for the page of the result.
const HEIGHT = 140;
const INSET = { left: 8, right: 28, top: 20, bottom: 20 };
const LETTER = 13;
const COLOURS = 8;
const KEY = "loss ";
const SVG = "http://www.w3.org/2000/svg";

// Returns a function that takes the points of each message, and how many came before, and draws all that came so far.
export function lossCurve(figure, submission) {
  const curve = kept(submission);
  return (fresh, from) => {
    if (!fresh?.length) return;
    add(curve, fresh, from ?? undefined);
    keep(submission, curve);
    draw(figure, curve);
  };
}

// Points that came before are not added again. The first points can come with many others, if the page connected late,
// or again, if the run was started again.
export function add(curve, fresh, from = curve.next) {
  if (from === 0 && (fresh.length >= curve.next || String(fresh[0]) !== String(curve.points[0]))) {
    curve.points = [...fresh];
    curve.next = fresh.length;
    return;
  }
  curve.points.push(...fresh.slice(Math.max(curve.next - from, 0)));
  curve.next = Math.max(curve.next, from + fresh.length);
}

// The steps of a training rise, and begin with 0. A training of one step is no curve.
function trainings(points) {
  const found = [];
  for (const point of points) {
    if (found.length && point[0] > found.at(-1).at(-1)[0]) found.at(-1).push(point);
    else found.push([point]);
  }
  return found.filter((training) => training.length > 1);
}

// Draws into the figure's svg and words.
export function draw(figure, { points: all }) {
  const curves = trainings(all);
  figure.hidden = !curves.length;
  if (!curves.length) return;
  const svg = figure.querySelector("svg");
  const width = Math.max(figure.clientWidth, 240);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("aria-label", curves.length > 1 ? `The loss of ${curves.length} trainings, step by step` : "The loss, step by step");
  const points = curves.flat();
  const [steps, losses] = [0, 1].map((place) => points.map((point) => point[place]));
  const ends = { step: [Math.min(...steps), Math.max(...steps)], loss: [Math.min(...losses), Math.max(...losses)] };
  const x = scale(...ends.step, INSET.left, width - INSET.right);
  const y = scale(...ends.loss, HEIGHT - INSET.bottom, INSET.top);
  svg.replaceChildren(
    ...axes(width, ends),
    ...curves.map((curve, place) => line(curve, x, y, place)),
    ...(curves.length > 1 ? numbers(curves, x, y) : []),
  );
  figure.querySelector("[data-loss-words]").replaceChildren(...curves.map((curve, place) => words(curve, place, curves.length)));
}

function line(curve, x, y, place) {
  return shape("polyline", { points: curve.map(([step, loss]) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" "), class: colour(place) });
}

// The number of each training at the end of its line, none over another.
function numbers(curves, x, y) {
  const places = curves.map((curve, place) => ({ place, x: x(curve.at(-1)[0]) + 4, y: y(curve.at(-1)[1]) + 4 }));
  places.sort((one, other) => other.y - one.y);
  const placed = [];
  for (const one of places) {
    const beside = placed.filter((other) => Math.abs(other.x - one.x) < LETTER);
    one.y = Math.min(one.y, ...beside.map((other) => other.y - LETTER));
    placed.push(one);
  }
  return placed.map((one) => shape("text", { x: one.x, y: one.y, class: colour(one.place) }, one.place + 1));
}

function axes(width, { step, loss }) {
  const bottom = HEIGHT - 5;
  return [
    shape("text", { x: INSET.left, y: 13, class: "axis" }, `loss, ${short(loss[0])} to ${short(loss[1])}`),
    shape("text", { x: width - INSET.right, y: bottom, class: "axis axis-end" }, `step ${step[1]}`),
    shape("text", { x: INSET.left, y: bottom, class: "axis" }, `step ${step[0]}`),
  ];
}

function words(curve, place, of) {
  const [first, last] = [curve[0], curve.at(-1)];
  const item = document.createElement("li");
  item.className = of > 1 ? colour(place) : "";
  const name = of > 1 ? `Training ${place + 1}` : "Loss";
  item.textContent = `${name}: ${short(first[1])} at step ${first[0]}, ${short(last[1])} at step ${last[0]}`;
  return item;
}

function colour(place) {
  return `training series-${1 + (place % COLOURS)}`;
}

function short(number) {
  return String(Number(number.toPrecision(4)));
}

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function scale(from, to, low, high) {
  return (value) => (from === to ? (low + high) / 2 : low + ((value - from) / (to - from)) * (high - low));
}

export function kept(submission) {
  try {
    const curve = JSON.parse(sessionStorage.getItem(KEY + submission));
    if (Array.isArray(curve?.points)) return curve;
  } catch {
    // storage is disabled or holds something else
  }
  return { points: [], next: 0 };
}

export function keep(submission, curve) {
  try {
    sessionStorage.setItem(KEY + submission, JSON.stringify(curve));
  } catch {
    // storage is disabled or full: the curve is shown only while it arrives
  }
}

// Only the latest curves are kept.
export function forgetAll(but) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(KEY) && key !== KEY + but) sessionStorage.removeItem(key);
  } catch {
    // storage is disabled: nothing to remove
  }
}
