// Says one short sentence to a screen reader: the region is on the page from the start, only its text changes.
export function announce(words) {
  const region = document.querySelector("#announcer");
  if (!region || !words) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = words), 100);
}
