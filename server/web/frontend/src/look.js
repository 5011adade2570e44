// The line to look at: marked in the code, and a link that goes there. It can come some seconds after the result.
import { announce } from "./announce.js";
import { goTo, markLine } from "./marks.js";
import { isStale, renew } from "./session.js";
import { viewOf } from "./views.js";
import { reveal, whileSame } from "./workbench.js";

const WAITS = [600, 1200, 2500, 5000];

export function look(link) {
  const line = Number(link.dataset.look);
  if (line) show(link, line);
  else follow(link, [...WAITS]);
}

function follow(link, waits) {
  const wait = waits.shift();
  if (!wait) return;
  setTimeout(async () => {
    if (!link.isConnected) return;
    const line = await ask(link.dataset.lookFrom);
    if (!line) return follow(link, waits);
    link.href += line;
    link.parentElement.hidden = false;
    show(link, line);
    announce(link.textContent);
    if (link.dataset.lookEdit) await showEdit(link);
  }, wait);
}

// The server sends the edit only if the course shows it; many lines have none.
async function showEdit(link) {
  try {
    const answer = await fetch(link.dataset.lookEdit);
    if (answer.ok && link.isConnected) link.parentElement.insertAdjacentHTML("afterend", await answer.text());
  } catch {
    // The line is there without it.
  }
}

async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (isStale(answer.status)) await renew();
    return answer.ok ? (await answer.json()).line : null;
  } catch {
    return null; // the network can come back
  }
}

function show(link, line) {
  const bench = link.closest("[data-workbench]");
  const view = viewOf(bench?.querySelector("[data-editor]"));
  link.textContent = `Look at line\u00a0${line}.`;
  if (!view) return markListing(line);
  let same = false;
  whileSame(link, (is) => {
    if (same !== is) markLine(view, is ? line : null);
    same = is;
    // The code that was handed in has a page of its own.
    link.textContent = same ? `Look at line\u00a0${line}.` : `Look at line\u00a0${line} of ${link.dataset.lookOf}.`;
  });
  link.addEventListener("click", (event) => {
    if (!same || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    reveal(bench, "answer");
    goTo(view, line);
  });
}

// Code that is only shown has an element for each line.
function markListing(line) {
  const element = document.getElementById(`line-${line}`);
  element?.classList.add("is-looked-at");
  element?.setAttribute("tabindex", "-1");
}
