// Files in and out of the editor: a file is read by the server, which knows notebooks, and put where one types.
import { viewOf, write } from "./editor.js";

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
    const body = new FormData();
    body.append("file", input.files[0]);
    body.append("csrfmiddlewaretoken", input.form.elements.csrfmiddlewaretoken.value);
    // The file is in the editor from now on; handing in sends what stands there.
    input.value = "";
    const answer = await ask(input.dataset.openFile, body);
    complain(answer.complaint ?? "");
    const view = editorOf(input);
    if (answer.source === undefined || !view) return;
    write(view, answer.source);
    view.focus();
  });
}

async function ask(address, body) {
  try {
    const answer = await fetch(address, { method: "POST", body });
    if (answer.ok || answer.status === 422) return await answer.json();
    if (answer.status === 413 || answer.status === 400) return { complaint: "This file is too large to be read." };
  } catch {
    // said below
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
