// Follows a submission until it is finished: with server-sent events, or by polling if these are cut off.
import htmx from "htmx.org";
import { announce } from "./announce.js";
import { isStale, renew } from "./session.js";
import { draw, forgetAll, keep, kept, lossCurve } from "./loss.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 3000;

export function live(element) {
  const over = () => htmx.ajax("GET", element.dataset.result, { target: "#results", swap: "innerHTML" });
  const shown = { curve: lossCurve(element.querySelector("[data-loss]"), element.dataset.live), state: "", note: "" };
  const stream = new EventSource(element.dataset.events);
  stream.addEventListener("progress", (event) => show(element, shown, JSON.parse(event.data)));
  stream.addEventListener("over", () => {
    stream.close();
    if (element.isConnected) over();
  });
  stream.addEventListener("error", () => {
    stream.close();
    poll(element, shown, over, FIRST_WAIT);
  });
  element.addEventListener("htmx:beforeCleanupElement", () => stream.close());
}

function poll(element, shown, over, wait) {
  setTimeout(async () => {
    if (!element.isConnected) return;
    const now = await fetchState(element.dataset.state);
    if (now?.over) return over();
    if (now) show(element, shown, now);
    poll(element, shown, over, Math.min(wait * 1.5, LONGEST_WAIT));
  }, wait);
}

async function fetchState(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (isStale(answer.status)) await renew();
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the network can come back
  }
}

function show(element, shown, now) {
  shown.curve(now.loss, now.loss_from);
  say(element, "[data-text]", now.text);
  say(element, "[data-time]", now.time);
  say(element, "[data-cancel-note]", now.cancel_note);
  const free = element.querySelector("[name=free]");
  if (free) free.disabled = now.cancel_uses_attempt;
  if (now.cancelling) element.querySelector("form")?.remove();
  // A screen reader hears that the code runs and what cancelling costs from now on, and not each of its cases.
  const news = [
    shown.state && shown.state !== now.state ? "Your code runs now" : "",
    shown.note && shown.note !== now.cancel_note ? now.cancel_note : "",
  ].filter(Boolean);
  if (news.length) announce(news.join(". "));
  shown.state = now.state;
  shown.note = now.cancel_note;
  const bar = element.querySelector("progress");
  if (now.of) {
    bar.max = now.of;
    bar.value = now.case;
  } else if (!now.loss?.length) {
    bar.removeAttribute("value");
  }
}

// Only if it changed: a screen reader would read it again.
function say(element, selector, text) {
  const place = element.querySelector(selector);
  if (place && place.textContent !== text) place.textContent = text;
}

// The loss of a run that is over: from the server for some minutes, and then as this browser received it.
export function keptCurve(place) {
  const losses = document.getElementById("losses");
  const curve = losses ? { points: JSON.parse(losses.textContent), next: 0 } : kept(place.dataset.keptCurve);
  if (losses) keep(place.dataset.keptCurve, curve);
  const figure = place.querySelector("figure");
  const show = () => draw(figure, curve);
  if (!curve.points.length) return;
  place.hidden = false;
  show();
  place.hidden = figure.hidden;
  new ResizeObserver(show).observe(place);
  forgetAll(place.dataset.keptCurve);
}
