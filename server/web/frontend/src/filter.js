// A search field that shows only the items whose text has every word of it, and the groups that have such items.
export function filter(field) {
  const input = field.querySelector("input");
  const count = field.querySelector("[data-filter-count]");
  const all = document.querySelector(field.dataset.filter);
  const items = [...all.querySelectorAll("[data-filter-item]")];
  field.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (item) => words.every((word) => text(item).includes(word));
    for (const item of items) item.hidden = !fits(item);
    for (const group of all.querySelectorAll("[data-filter-group]")) {
      group.hidden = !group.querySelector("[data-filter-item]:not([hidden])");
    }
    const shown = items.filter((item) => !item.hidden).length;
    count.textContent = words.length ? `${shown} of ${items.length}` : "";
  });
  // Enter in a search field would send the form.
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

// The words of an item: also the name of its group.
function text(item) {
  const group = item.closest("[data-filter-group]")?.querySelector("legend");
  return `${item.textContent} ${group?.textContent ?? ""}`.toLowerCase();
}
