// Opens and downloads files. The server reads an opened file (it can read notebooks) and the editor shows the code.
import { isStale, post, token } from "./session.js";
import { viewOf, write } from "./views.js";

function editorOf(element) {
  return viewOf(element.closest("[data-workbench]").querySelector("[data-editor]"));
}

function complain(words) {
  const notice = document.querySelector("#file-trouble");
  notice.textContent = words;
  notice.hidden = !words;
}

export function openFile(input) {
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const [file] = input.files;
    // From now on the code is in the editor; submitting sends the editor's text.
    input.value = "";
    const answer = await ask(input.dataset.openFile, file);
    complain(answer.complaint ?? "");
    const view = editorOf(input);
    if (answer.source === undefined || !view) return;
    write(view, answer.source);
    view.focus();
  });
}

function body(file) {
  const data = new FormData();
  data.append("file", file);
  data.append("csrfmiddlewaretoken", token());
  return data;
}

async function ask(address, file) {
  try {
    const answer = await post(address, () => body(file));
    if (isStale(answer.status)) return { complaint: "" }; // the page says that the session ended
    if (answer.ok || answer.status === 422) return await answer.json();
    if (answer.status === 413 || answer.status === 400) return { complaint: "This file is too large." };
  } catch {
    // the message is below
  }
  return { complaint: "The server did not answer, so the file could not be read. Try again in a moment." };
}

export function reset(link) {
  link.addEventListener("click", (event) => {
    const view = editorOf(link);
    if (!view) return;
    event.preventDefault();
    write(view, JSON.parse(document.getElementById(link.dataset.reset).textContent));
    view.focus();
  });
}

export function download(link) {
  link.addEventListener("click", (event) => {
    const view = editorOf(link);
    if (!view) return;
    event.preventDefault();
    const blob = URL.createObjectURL(new Blob([view.state.doc.toString()], { type: "text/x-python" }));
    const anchor = Object.assign(document.createElement("a"), { href: blob, download: link.dataset.download });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(blob), 1000);
  });
}
