// Shows the errors of the last run below their lines in the editor, and marks the line to look at.
import { RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, WidgetType, gutterLineClass } from "@codemirror/view";
import { viewOf } from "./views.js";

const place = StateEffect.define();
const clear = StateEffect.define();
const lookAt = StateEffect.define();

class Words extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const words = document.createElement("div");
    words.className = "cm-mark-words";
    words.textContent = this.text;
    return words;
  }
}

function decorations(marks) {
  return Decoration.set(
    marks.flatMap(({ from, to, message }) => [
      Decoration.line({ class: "cm-mark-line" }).range(from),
      Decoration.widget({ widget: new Words(message), block: true, side: 1 }).range(to),
    ]),
    true,
  );
}

// The code that was submitted last, and the changes since: the line numbers of a report belong to the submitted code.
const handedIn = StateField.define({
  create: (state) => ({ doc: state.doc, changes: null }),
  update(before, transaction) {
    if (transaction.effects.some((effect) => effect.is(clear))) return { doc: transaction.newDoc, changes: null };
    if (!transaction.docChanged) return before;
    return { doc: before.doc, changes: before.changes?.compose(transaction.changes) ?? transaction.changes };
  },
});

const shown = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(clear)) return Decoration.none;
      if (effect.is(place)) return decorations(effect.value);
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const lookMark = new (class extends GutterMarker {
  elementClass = "cm-look-gutter";
})();

// Where the line to look at begins; null if there is none.
const lookedAt = StateField.define({
  create: () => null,
  update(start, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(clear)) return null;
      if (effect.is(lookAt)) return effect.value;
    }
    return start === null ? null : transaction.newDoc.lineAt(transaction.changes.mapPos(start, 1)).from;
  },
  provide: (field) => [
    EditorView.decorations.from(field, (start) => (start === null ? Decoration.none : Decoration.set([Decoration.line({ class: "cm-look-line" }).range(start)]))),
    gutterLineClass.from(field, (start) => (start === null ? RangeSet.empty : RangeSet.of([lookMark.range(start)]))),
  ],
});

// The extension for an editor. Submitting clears the marks: they belong to the earlier run.
export const marking = [handedIn, shown, lookedAt];

export function clearMarks(view) {
  view.dispatch({ effects: clear.of(null) });
}

// Marks one line as the one to look at; null marks none.
export function markLine(view, line) {
  const { doc } = view.state;
  view.dispatch({ effects: lookAt.of(line && line <= doc.lines ? doc.line(line).from : null) });
}

// Moves the cursor to the first letter of a line.
export function goTo(view, line) {
  const { from, text } = view.state.doc.line(line);
  const place = from + text.search(/\S|$/);
  view.dispatch({ selection: { anchor: place }, effects: EditorView.scrollIntoView(place, { y: "center" }) });
  view.focus();
}

export function marks(element) {
  const view = viewOf(element.closest("[data-workbench]")?.querySelector("[data-editor]"));
  // The editor can hold a later draft than the code of this report.
  if (!view || view.contentDOM.closest("[data-differs]")) return;
  const { doc, changes } = view.state.field(handedIn);
  const moved = (position, side) => changes?.mapPos(position, side) ?? position;
  const messages = JSON.parse(document.getElementById(element.dataset.marks).textContent);
  const placed = messages
    .filter(({ line }) => line <= doc.lines)
    .map(({ line, message }) => {
      const now = view.state.doc.lineAt(moved(doc.line(line).from, 1));
      return { from: now.from, to: now.to, message };
    });
  view.dispatch({ effects: place.of(placed) });
}
