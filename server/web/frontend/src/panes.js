// The divider between statement and editor: drag it or use the arrow keys. The browser stores its position.
import { remember } from "./storage.js";

const [LEAST, MOST, STEP] = [25, 70, 2];
const USUAL = 45;

export function panes(divider) {
  const bench = divider.parentElement;
  let share = Number.parseFloat(document.documentElement.style.getPropertyValue("--split")) || USUAL;

  function stand(percent) {
    share = Math.min(MOST, Math.max(LEAST, percent));
    document.documentElement.style.setProperty("--split", `${share}%`);
    divider.setAttribute("aria-valuenow", Math.round(share));
  }

  function settle() {
    remember("split", share);
    dispatchEvent(new Event("resize")); // charts adapt to the new width
  }

  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    divider.focus();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = bench.getBoundingClientRect();
    stand((100 * (event.clientX - left)) / width);
  });
  divider.addEventListener("lostpointercapture", settle);
  divider.addEventListener("dblclick", () => {
    stand(USUAL);
    settle();
  });
  divider.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: share - STEP, ArrowRight: share + STEP, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stand(to);
    settle();
  });

  stand(share);
  divider.hidden = false;
}
