// The exercise page: statement, code and result. On a wide page the code stays beside the other two; on a narrow one only
// one of the three is shown. Without this script all three are below each other.
import { announce } from "./announce.js";

const NARROW = matchMedia("(max-width: 63.99rem)");

export function workbench(bench) {
  const list = bench.querySelector("[role=tablist]");
  if (!list) return;
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const results = bench.querySelector("#results");

  function show(name) {
    bench.dataset.view = name;
    // On a wide page the code has no tab: the exercise is shown beside it.
    const open = name === "answer" && !NARROW.matches ? "statement" : name;
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", tab.dataset.show === open);
      tab.tabIndex = tab.dataset.show === open ? 0 : -1;
    }
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.dataset.show));
    const panel = bench.querySelector(`#${tab.getAttribute("aria-controls")}`);
    if (panel.id === "answer") continue; // it is a named region, beside the others on a wide page
    panel.setAttribute("role", "tabpanel");
    panel.removeAttribute("aria-label");
    panel.setAttribute("aria-labelledby", tab.id);
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const seen = tabs.filter((tab) => tab.offsetParent);
    const next = seen[(seen.indexOf(document.activeElement) + step + seen.length) % seen.length];
    show(next.dataset.show);
    next.focus();
  });
  NARROW.addEventListener("change", () => show(bench.dataset.view));
  bench.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target !== results) return;
    show("results");
    toTop(bench);
    if (NARROW.matches && !results.contains(document.activeElement)) results.focus({ preventScroll: true });
  });

  list.hidden = false;
  show(bench.dataset.begin);
}

// Bring the beginning of the result into view, and nothing else.
function toTop(bench) {
  const { top } = bench.querySelector("[role=tablist]").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 3) bench.querySelector("#text").scrollIntoView({ block: "start", behavior: "instant" });
}

// A result or a state that came: its score on the tab, and one sentence for a screen reader. Not when the page opens.
export function arrived(element) {
  const words = document.querySelector("[data-tab-words]");
  if (words) words.textContent = element.dataset.tab ?? "";
  if (document.querySelector("#results")?.dataset.changed) announce(element.dataset.announce);
}

// Says that the code in the editor is no longer the one that this result is about.
export function older(notice) {
  whileSame(notice, (same) => (notice.hidden = same));
}

// Calls `react` with whether the editor holds the code of this result: now, and after each change while `element` is there.
export function whileSame(element, react) {
  const code = element.closest("[data-workbench]")?.querySelector("[data-editor]");
  const handedIn = document.getElementById("handed-in");
  if (!code || !handedIn) return;
  const source = JSON.parse(handedIn.textContent);
  const compare = () => {
    if (!element.isConnected) return code.removeEventListener("input", compare);
    react(code.value === source);
  };
  code.addEventListener("input", compare);
  compare();
}

// On a narrow page, shows one of the three.
export function reveal(bench, name) {
  if (NARROW.matches) bench.querySelector(`#tab-${name}`)?.click();
}
