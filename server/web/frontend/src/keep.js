// Stores the user's changes to the code of a lesson in this browser, with a button to restore the original.
import { viewOf, write } from "./views.js";
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
  // If the lesson changed since, the stored change no longer fits, so ignore it.
  const kept = recall(key);
  if (kept?.was === was) write(view, kept.now);
  else note();
}
