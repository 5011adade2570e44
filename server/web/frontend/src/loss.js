// Draws the loss while it arrives: one line for each training. The browser keeps it for the page of the result.
const WIDTH = 400;
const HEIGHT = 120;
const INSET = 4;
const KEY = "loss ";
const SVG = "http://www.w3.org/2000/svg";

export function lossCurve(figure, submission) {
  const trainings = kept(submission);
  return (fresh) => {
    if (!fresh?.length) return;
    for (const [step, value] of fresh) add(trainings, step, value);
    keep(submission, trainings);
    figure.hidden = false;
    draw(figure, trainings);
  };
}

// The steps of a training rise. A step that comes again with another loss belongs to the next training; with the same
// loss, the message came twice, after a new connection.
export function add(trainings, step, value) {
  const last = trainings.at(-1);
  if (!last || (step <= last.at(-1)[0] && !last.some(([one, loss]) => one === step && loss === value))) trainings.push([[step, value]]);
  else if (step > last.at(-1)[0]) last.push([step, value]);
}

export function draw(figure, trainings) {
  const points = trainings.flat();
  const [steps, values] = [0, 1].map((place) => points.map((point) => point[place]));
  const x = scale(Math.min(...steps), Math.max(...steps), INSET, WIDTH - INSET);
  const y = scale(Math.max(...values), Math.min(...values), INSET, HEIGHT - INSET);
  const lines = trainings.map((training, place) => {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", training.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    if (place === trainings.length - 1) line.setAttribute("class", "is-latest");
    return line;
  });
  figure.querySelector("svg").replaceChildren(...lines);
  const [first, last] = [trainings.at(-1)[0], trainings.at(-1).at(-1)];
  const which = trainings.length > 1 ? `Training ${trainings.length}: loss` : "Loss";
  figure.querySelector("[data-loss-words]").textContent = `${which} ${first[1].toPrecision(4)} at step ${first[0]}, ${last[1].toPrecision(4)} at step ${last[0]}`;
}

function scale(from, to, low, high) {
  return (value) => (from === to ? (low + high) / 2 : low + ((value - from) / (to - from)) * (high - low));
}

export function kept(submission) {
  try {
    return JSON.parse(sessionStorage.getItem(KEY + submission)) ?? [];
  } catch {
    return [];
  }
}

function keep(submission, trainings) {
  try {
    sessionStorage.setItem(KEY + submission, JSON.stringify(trainings));
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
