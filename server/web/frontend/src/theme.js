// Runs before the first paint, so that what was chosen never flashes. The choosing itself is in switch.js and panes.js.
import { recall } from "./storage.js";

const chosen = recall("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
const split = Number(recall("split"));
if (split) document.documentElement.style.setProperty("--split", `${split}%`);
