// The editors of a page, by the textarea that each replaced.
const views = new WeakMap();

export function register(textarea, view) {
  views.set(textarea, view);
}

// The editor of a textarea; undefined if it has none.
export function viewOf(textarea) {
  return textarea ? views.get(textarea) : undefined;
}

// Replaces everything in the editor, as one undo step.
export function write(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
