// Saves what the user types: on the server, and in this browser until the server has it.
import { viewOf, write } from "./views.js";
import { isStale, post, token } from "./session.js";
import { forget, recall, remember } from "./storage.js";

const PAUSE = 800;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 30_000;

export function drafts(frame) {
  const textarea = frame.querySelector("[data-editor]");
  const view = viewOf(textarea);
  const form = textarea.form;
  const offer = offering(form);
  const status = form.querySelector("[data-draft-status]");
  const key = `draft ${frame.dataset.whose} ${frame.dataset.draft}`;
  let version = Number(frame.dataset.version);
  let [timer, busy, settled, retry] = [null, false, false, FIRST_RETRY];

  const showStatus = (words) => (status.textContent = words);
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };
  const typed = () => {
    remember(key, { source: textarea.value, version, at: Date.now() });
    showStatus("");
    later(PAUSE);
  };

  async function save() {
    if (busy) return later(PAUSE);
    busy = true;
    clearTimeout(timer);
    timer = null;
    const [source, decided] = [textarea.value, settled];
    const answer = await send(frame.dataset.draft, () => body(source, version, decided));
    busy = false;
    if (!answer || answer.refused) {
      const why = answer?.refused ? "you have been signed out" : "no connection";
      showStatus(`Not saved yet: ${why}. Kept in this browser.`);
      later(retry);
      retry = Math.min(retry * 2, LONGEST_RETRY);
      return;
    }
    retry = FIRST_RETRY;
    if (answer.complaint) return showStatus(`Not saved: ${answer.complaint}`);
    version = answer.version;
    if (decided) settled = false;
    if (source === textarea.value) {
      forget(key);
      showStatus("Saved");
    }
    offer.show(answer.other);
  }

  function decide() {
    settled = true;
    offer.hide();
    save();
  }

  offer.onTake((source) => {
    write(view, source);
    decide();
  });
  offer.onKeep(decide);
  textarea.addEventListener("input", typed);
  for (const event of ["online", "chainrule:signed-in"]) addEventListener(event, () => timer && save());
  // Send the last changes before the page closes. If they are too long for a beacon, they stay in the browser.
  addEventListener("pagehide", () => timer && navigator.sendBeacon(frame.dataset.draft, body(textarea.value, version, settled)));
  restore();

  // If this browser has a version that the server does not: show the newer one and offer the other.
  function restore() {
    const kept = recall(key);
    if (!kept || kept.source === textarea.value) return forget(key);
    const server = { source: textarea.value, saved_at: frame.dataset.savedAt };
    if (kept.version >= version || kept.at > Date.parse(frame.dataset.savedAt)) {
      if (kept.version < version) offer.show(server);
      write(view, kept.source);
    } else {
      offer.show({ source: kept.source, saved_at: kept.at });
      forget(key);
    }
  }
}

function body(source, version, settled) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", token());
  data.append("source", source);
  data.append("version", version);
  if (settled) data.append("settled", "on");
  return data;
}

// The answer; {refused} if nobody, or somebody else, is signed in now; null without a connection.
async function send(address, data) {
  try {
    const answer = await post(address, data);
    if (isStale(answer.status)) return { refused: true };
    return answer.ok || answer.status === 422 ? await answer.json() : null;
  } catch {
    return null;
  }
}

function offering(form) {
  const box = form.querySelector("[data-offer]");
  const source = box.querySelector("[data-offer-source]");
  box.querySelector("[data-offer-choice]").hidden = false;
  return {
    show(other) {
      if (!other) return;
      source.textContent = other.source;
      box.querySelector("[data-offer-when]").textContent = new Date(other.saved_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
      box.hidden = false;
    },
    hide: () => (box.hidden = true),
    onTake: (act) => box.querySelector("[data-take]").addEventListener("click", () => act(source.textContent)),
    onKeep: (act) => box.querySelector("[data-keep]").addEventListener("click", act),
  };
}
