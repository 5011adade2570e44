// If there is no room for all tabs, scrolls to the open one.
export function tabs(nav) {
  const open = nav.querySelector("[aria-current]");
  if (!open) return;
  const margin = (nav.clientWidth - open.clientWidth) / 2;
  nav.scrollLeft += open.getBoundingClientRect().left - nav.getBoundingClientRect().left - margin;
}
