// Chooses lines of a listing for a comment: press a line, then another one with Shift, or with a finger; or select text.
// The fields of the form do the same by keyboard. The listing shows what is chosen.
export function lines(listing) {
  const form = () => document.getElementById("comment-form-new");
  const field = (name) => form()?.elements[name];
  if (!field("first_line")) return;
  const bar = document.createElement("div");
  bar.className = "lines-bar row small";
  bar.hidden = true;
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  const write = button("Comment on this", () => open());
  const clear = button("Clear", () => choose(null, null));
  bar.append(words, write, clear);
  listing.after(bar);

  let start = null;

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button-plain";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function choose(first, last) {
    if (!field("first_line")) return;
    field("first_line").value = first ?? "";
    field("last_line").value = last ?? "";
    start = first === last ? first : null;
    show();
  }

  function show() {
    const first = Number(field("first_line")?.value) || 0;
    const last = Number(field("last_line")?.value) || first;
    for (const line of listing.querySelectorAll(".code-line.is-chosen")) line.classList.remove("is-chosen");
    for (let number = first; first && number <= last; number += 1) {
      const line = document.getElementById(`line-${number}`);
      if (!line) break;
      line.classList.add("is-chosen");
    }
    bar.hidden = !first;
    words.textContent = first === last ? `Line ${first}` : `Lines ${first} to ${last}`;
  }

  function open() {
    const box = form()?.closest("details");
    if (box) box.open = true;
    form()?.elements.text.focus();
  }

  listing.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const chosen = selected() ?? pressed(event);
    if (chosen) choose(...chosen);
  });

  function pressed(event) {
    const number = numberOf(event.target);
    if (!number) return null;
    if (start && (event.shiftKey || event.pointerType === "touch")) return [Math.min(start, number), Math.max(start, number)];
    return [number, number];
  }

  // The lines of a selection that reaches over more than one.
  function selected() {
    const { anchorNode, focusNode, isCollapsed } = getSelection();
    if (isCollapsed) return null;
    const numbers = [anchorNode, focusNode].map(numberOf);
    if (!numbers[0] || !numbers[1]) return null;
    return numbers.sort((a, b) => a - b);
  }

  function numberOf(node) {
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const line = element?.closest?.(".code-line");
    return line && listing.contains(line) ? Number(line.id.slice("line-".length)) : 0;
  }

  // The form can be replaced, so the page listens.
  document.addEventListener("input", ({ target }) => {
    if (target.name === "first_line" || target.name === "last_line") show();
  });
  document.addEventListener("htmx:afterSettle", show);
  show();
}

// A list whose choice goes into a text.
export function insertInto(list) {
  list.addEventListener("change", () => {
    const text = document.getElementById(list.dataset.insertInto);
    if (!list.value || !text) return;
    text.value = text.value ? `${text.value.trimEnd()}\n\n${list.value}` : list.value;
    list.value = "";
    text.focus();
  });
}
