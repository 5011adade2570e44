// Runs before the first paint, so that a chosen theme never flashes. The switch itself is in switch.js.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
