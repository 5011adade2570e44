// All behaviour of the pages. A data- attribute says which behaviour an element gets.
import htmx from "htmx.org";
import { countdown } from "./countdown.js";
import { drafts } from "./drafts.js";
import { editor } from "./editor.js";
import { download, openFile, reset } from "./files.js";
import { filter } from "./filter.js";
import { keep } from "./keep.js";
import { keptCurve, live } from "./live.js";
import { insertInto, lines } from "./lines.js";
import { look } from "./look.js";
import { marks } from "./marks.js";
import { once } from "./once.js";
import { panes } from "./panes.js";
import { isStale, renew } from "./session.js";
import { printing } from "./print.js";
import { problem, studio, studioTabs } from "./studio.js";
import { sticky } from "./sticky.js";
import { themeSwitch } from "./switch.js";
import { arrived, older, workbench } from "./workbench.js";
import { tabs } from "./tabs.js";

const AGAIN = "X-Sent-Again";
const nonce = document.currentScript.nonce;

const BEHAVIOURS = {
  "[data-editor]": (element) => editor(element, nonce),
  "[data-workbench]": workbench,
  "[data-draft]": drafts,
  "[data-studio-tabs]": studioTabs,
  "[data-studio]": studio,
  "[data-verified]": problem,
  "[data-filter]": filter,
  "[data-kept]": keep,
  "[data-panes]": panes,
  "[data-live]": live,
  "[data-announce]": arrived,
  "[data-older]": older,
  "[data-kept-curve]": keptCurve,
  "[data-marks]": marks,
  "[data-look]": look,
  "[data-lines]": lines,
  "[data-insert-into]": insertInto,
  "[data-countdown]": countdown,
  "[data-open-file]": openFile,
  "[data-reset]": reset,
  "[data-download]": download,
  "[data-chart-script]": (element) => once(element.dataset.chartScript, nonce),
  "[data-theme-switch]": themeSwitch,
  "[data-tabs]": tabs,
  ".table-frame": sticky,
};

htmx.onLoad((fresh) => {
  for (const [selector, become] of Object.entries(BEHAVIOURS)) {
    if (fresh.matches(selector)) become(fresh);
    for (const element of fresh.querySelectorAll(selector)) become(element);
  }
});

printing();

// If the focus was in a part that was replaced, it goes to what came instead, not to the top of the page.
let lost = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target } = detail;
  // Not reset here: two parts can be replaced one right after the other.
  if (target !== document.body && target.contains(document.activeElement)) lost = target.id;
  if (target.id === "results") target.dataset.changed = "true";
});
document.addEventListener("htmx:afterSettle", () => {
  const now = lost && document.getElementById(lost);
  lost = null;
  if (now && (document.activeElement === document.body || !document.activeElement?.isConnected)) {
    (now.querySelector("[tabindex='-1']") ?? now).focus({ preventScroll: true });
  }
});

// A lost connection or a broken server must not look like a button that does nothing.
function trouble(is) {
  const notice = document.querySelector("#trouble");
  if (notice) notice.hidden = !is;
}

document.addEventListener("htmx:sendError", () => trouble(true));
document.addEventListener("htmx:responseError", async ({ detail }) => {
  const { status } = detail.xhr;
  if (status === 422 || status === 429) return;
  const state = isStale(status) ? await renew() : "unknown";
  if (state === "same" && !detail.requestConfig.headers[AGAIN]) again(detail);
  else if (state === "same" || state === "unknown") trouble(true);
});
document.addEventListener("htmx:beforeRequest", () => trouble(false));

// Send a request a second time, with the token that the page has now.
function again({ requestConfig, target }) {
  const { verb, path, elt, triggeringEvent } = requestConfig;
  if (elt.isConnected) htmx.ajax(verb, path, { source: elt, event: triggeringEvent, target, headers: { [AGAIN]: "1" } });
}
