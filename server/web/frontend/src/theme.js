// Runs before the first paint, so that the page does not flash. switch.js and panes.js store the choices.
import { recall } from "./storage.js";

const chosen = recall("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
const split = Number(recall("split"));
if (split) document.documentElement.style.setProperty("--split", `${split}%`);
