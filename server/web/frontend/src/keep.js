// Keeps, in this browser, what one changes in a lesson's code, and offers the way back to what the lesson says.
import { viewOf, write } from "./editor.js";
import { forget, recall, remember } from "./storage.js";

export function keep(textarea) {
  const view = viewOf(textarea);
  const back = document.getElementById(textarea.dataset.back);
  const key = `lesson ${textarea.dataset.kept}`;
  const was = textarea.defaultValue;

  function note() {
    const changed = textarea.value !== was;
    back.hidden = !changed;
    if (changed) remember(key, { was, now: textarea.value });
    else forget(key);
  }

  textarea.addEventListener("input", note);
  back.addEventListener("click", () => {
    write(view, was);
    view.focus();
  });
  // A change of code that the lesson no longer has would stand in the wrong place.
  const kept = recall(key);
  if (kept?.was === was) write(view, kept.now);
  else note();
}
