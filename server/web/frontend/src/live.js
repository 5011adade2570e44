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
  element.addEventListener("htmx:beforeCleanupElement", () => stream.close());
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
  element.querySelector("[data-text]").textContent = now.text;
  const bar = element.querySelector("progress");
  if (now.of) {
    bar.max = now.of;
    bar.value = now.case;
  } else if (!now.loss?.length) {
    bar.removeAttribute("value");
  }
}
