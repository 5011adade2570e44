// The page of a package: saves the open file, shows what another author saved meanwhile, and switches its side panels.
import { EditorView } from "@codemirror/view";
import { announce } from "./announce.js";
import { isStale, post, token } from "./session.js";
import { forget, recall, remember } from "./storage.js";
import { viewOf, write } from "./views.js";

const PAUSE = 1200;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 30_000;
const CONFLICT = 409;

export function studio(frame) {
  const textarea = frame.querySelector("[data-editor]");
  const files = frame.querySelector("[data-files]");
  if (files && matchMedia("(max-width: 63.99rem)").matches) files.open = false;
  if (!textarea) return;
  const form = textarea.form;
  // TAs read: their page has an editor and no way to save.
  if (form.dataset.save) saving(frame, form, textarea);
  goTo(viewOf(textarea), Number(textarea.dataset.line));
}

function saving(frame, form, textarea) {
  const view = viewOf(textarea);
  const revision = form.elements.revision;
  const status = form.querySelector("[data-save-status]");
  const box = frame.querySelector("[data-conflict]");
  const key = `studio ${frame.dataset.whose} ${form.dataset.save} ${form.elements.path.value}`;
  let saved = textarea.value;
  let [timer, running, theirs, retry] = [null, null, null, FIRST_RETRY];

  const isDirty = () => textarea.value !== saved;
  const showStatus = (words) => (status.textContent = words);
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  function typed() {
    remember(key, { source: textarea.value, revision: revision.value, at: Date.now() });
    showStatus("Not saved yet");
    if (!theirs) later(PAUSE);
  }

  // One save at a time; whether everything that was typed is on the server.
  async function save(settled = false) {
    clearTimeout(timer);
    if (running) await running;
    if (!isDirty() && !settled) {
      forget(key);
      showStatus("Saved");
      return true;
    }
    if (theirs && !settled) return false;
    running = send(settled);
    const done = await running;
    running = null;
    return done;
  }

  async function send(settled) {
    const source = textarea.value;
    const answer = await request(form.dataset.save, () => body(form, source, settled));
    if (!answer || answer.refused) {
      showStatus(`Not saved yet: ${answer ? "you have been signed out" : "no connection"}. Kept in this browser.`);
      later(retry);
      retry = Math.min(retry * 2, LONGEST_RETRY);
      return false;
    }
    retry = FIRST_RETRY;
    if (answer.conflict) {
      showConflict(answer);
      return false;
    }
    if (answer.complaint) {
      showStatus(`Not saved: ${answer.complaint}`);
      return false;
    }
    revision.value = answer.revision;
    saved = source;
    if (textarea.value === source) {
      forget(key);
      showStatus("Saved");
    }
    return true;
  }

  function showConflict(answer) {
    theirs = answer;
    box.innerHTML = answer.conflict;
    box.hidden = false;
    showStatus("Not saved: choose one of the two texts");
    announce(box.querySelector("p").textContent);
    box.querySelector("[data-take]").addEventListener("click", () => {
      revision.value = theirs.revision;
      saved = theirs.source;
      close();
      write(view, saved);
      forget(key);
      showStatus("Their text is here now. Undo brings yours back.");
      view.focus();
    });
    box.querySelector("[data-keep]").addEventListener("click", () => {
      revision.value = theirs.revision;
      close();
      save(true);
      view.focus();
    });
  }

  function close() {
    theirs = null;
    box.hidden = true;
    box.replaceChildren();
  }

  textarea.addEventListener("input", typed);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
    event.preventDefault();
    save();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter && !event.submitter.hasAttribute("data-save-button")) return;
    event.preventDefault();
    save();
  });
  // Save before something else of the page is used: a run, a verification, or a link.
  frame.addEventListener("htmx:confirm", (event) => {
    if (event.target.hasAttribute("data-live-part") || !isDirty()) return;
    event.preventDefault();
    save().then((done) => done && event.detail.issueRequest(true));
  });
  frame.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || !isDirty() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    save().then((done) => done && location.assign(link.href));
  });
  for (const event of ["online", "chainrule:signed-in"]) addEventListener(event, () => isDirty() && save());
  // If it is too long for a beacon, it stays in the browser.
  addEventListener("pagehide", () => isDirty() && !theirs && navigator.sendBeacon(form.dataset.save, body(form, textarea.value, false)));

  // This browser has a text that the server does not have.
  const kept = recall(key);
  if (!kept || kept.source === textarea.value) return forget(key);
  revision.value = kept.revision;
  write(view, kept.source);
  save();
}

function body(form, source, settled) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", token());
  for (const name of ["path", "revision"]) data.append(name, form.elements[name].value);
  data.append("source", source);
  if (settled) data.append("settled", "on");
  return data;
}

// The answer; {refused} if nobody, or somebody else, is signed in now; null without a connection.
async function request(address, data) {
  try {
    const answer = await post(address, data);
    if (isStale(answer.status)) return { refused: true };
    if (answer.status === 413 || answer.status === 400) return { complaint: "this file is too large." };
    return answer.ok || [CONFLICT, 422].includes(answer.status) ? await answer.json() : null;
  } catch {
    return null;
  }
}

function goTo(view, number) {
  if (!view || !number) return;
  const line = view.state.doc.line(Math.min(number, view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from, head: line.to }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
  view.focus();
}

// The panels beside the editor: one is shown. Without this script all are below each other.
export function studioTabs(side) {
  const list = side.querySelector("[role=tablist]");
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const key = `studio panel ${side.dataset.studioTabs}`;

  function show(name, { store = true } = {}) {
    for (const tab of tabs) {
      const open = tab.dataset.show === name;
      tab.setAttribute("aria-selected", open);
      tab.tabIndex = open ? 0 : -1;
      side.querySelector(`#${tab.getAttribute("aria-controls")}`).hidden = !open;
    }
    if (store) remember(key, name);
  }

  for (const tab of tabs) {
    const panel = side.querySelector(`#${tab.getAttribute("aria-controls")}`);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.removeAttribute("aria-label");
    tab.addEventListener("click", () => show(tab.dataset.show));
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    show(next.dataset.show);
    next.focus();
  });
  // The result of a button is shown, if its panel is not.
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const name = detail.elt.dataset.shows;
    if (name) show(name);
  });
  list.hidden = false;
  const last = recall(key);
  const begin = side.dataset.begin;
  show(begin || (tabs.some((tab) => tab.dataset.show === last) ? last : tabs[0].dataset.show), { store: false });
}

// The result of a verification or a run that came: one sentence for a screen reader.
export function problem(element) {
  if (element.dataset.fresh !== undefined) announce(element.dataset.verified);
}
