// Runs before the first paint, so that what was chosen never flashes. The choosing itself is in switch.js and panes.js.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
const split = Number(localStorage.getItem("split"));
if (split) document.documentElement.style.setProperty("--split", `${split}%`);
