// The divider between statement and editor: drag it, use its buttons or the arrow keys. The browser stores its position.
import { remember } from "./storage.js";

const [LEAST, MOST, STEP] = [25, 70, 5];
const FINE = 2;
const USUAL = 45;

export function panes(divider) {
  const bench = divider.parentElement;
  const handle = divider.querySelector("[role=separator]");
  let share = Number.parseFloat(document.documentElement.style.getPropertyValue("--split")) || USUAL;

  function stand(percent) {
    share = Math.min(MOST, Math.max(LEAST, percent));
    document.documentElement.style.setProperty("--split", `${share}%`);
    handle.setAttribute("aria-valuenow", Math.round(share));
    handle.setAttribute("aria-valuetext", `Statement ${Math.round(share)} %, code ${Math.round(100 - share)} %`);
  }

  function settle() {
    remember("split", share);
    dispatchEvent(new Event("resize")); // charts adapt to the new width
  }

  function move(to) {
    stand(to);
    settle();
  }

  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const { left, width } = bench.getBoundingClientRect();
    stand((100 * (event.clientX - left)) / width);
  });
  handle.addEventListener("lostpointercapture", settle);
  handle.addEventListener("dblclick", () => move(USUAL));
  handle.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: share - FINE, ArrowRight: share + FINE, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  divider.querySelector("[data-narrower]").addEventListener("click", () => move(share - STEP));
  divider.querySelector("[data-wider]").addEventListener("click", () => move(share + STEP));

  stand(share);
  divider.hidden = false;
}
