// A sticky head or column covers what lies beneath it. Tells the table's frame how much is covered, so that what gets
// the focus is scrolled beside it: see `scroll-padding` in table.css.
export function sticky(frame) {
  const head = frame.querySelector("thead");
  const corner = frame.querySelector("thead th");
  if (!corner) return;
  const measure = () => {
    const { position, top, left } = getComputedStyle(corner);
    const covers = (side) => position === "sticky" && side !== "auto";
    frame.style.setProperty("--covered-top", `${covers(top) ? head.offsetHeight : 0}px`);
    frame.style.setProperty("--covered-left", `${covers(left) ? corner.offsetWidth : 0}px`);
  };
  new ResizeObserver(measure).observe(frame);
  measure();
}
