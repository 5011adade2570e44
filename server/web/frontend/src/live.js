// Follows a submission until it is finished: with server-sent events, or by polling if these are cut off.
import htmx from "htmx.org";
import { isStale, renew } from "./session.js";
import { lossCurve } from "./loss.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 3000;

export function live(element) {
  const over = () => htmx.ajax("GET", element.dataset.result, { target: "#results", swap: "innerHTML" });
  const curve = lossCurve(element.querySelector("[data-loss]"));
  const stream = new EventSource(element.dataset.events);
  stream.addEventListener("progress", (event) => show(element, curve, JSON.parse(event.data)));
  stream.addEventListener("over", () => {
    stream.close();
    if (element.isConnected) over();
  });
  stream.addEventListener("error", () => {
    stream.close();
    poll(element, curve, over, FIRST_WAIT);
  });
  element.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    stream.close();
    if (target === element && element.contains(document.activeElement)) focusWhatFollows();
  });
}

// The button that had the focus is replaced together with the rest: what comes instead gets the focus.
function focusWhatFollows() {
  setTimeout(() => {
    const next = document.querySelector("#results [data-live] button, #results [data-text], #results h2");
    if (!next || document.activeElement !== document.body) return;
    if (!next.matches("button")) next.tabIndex = -1;
    next.focus({ preventScroll: true });
  });
}

function poll(element, curve, over, wait) {
  setTimeout(async () => {
    if (!element.isConnected) return;
    const now = await fetchState(element.dataset.state);
    if (now?.over) return over();
    if (now) show(element, curve, now);
    poll(element, curve, over, Math.min(wait * 1.5, LONGEST_WAIT));
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

function show(element, curve, now) {
  curve(now.loss);
  say(element, "[data-text]", now.text);
  say(element, "[data-time]", now.time);
  say(element, "[data-cancel-note]", now.cancel_note);
  const free = element.querySelector("[name=free]");
  if (free) free.disabled = now.cancel_uses_attempt;
  if (now.cancelling) element.querySelector("form")?.remove();
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
