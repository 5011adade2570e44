// The code editor. It replaces a textarea, which stays the field of the form and works without this script.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { language } from "./languages.js";
import { clearMarks, marking } from "./marks.js";
import { register } from "./views.js";

// Milliseconds, as CodeMirror has it.
const LEAVES_WITHIN = 2000;

// Ctrl+Enter presses the button that the textarea names, or submits the form if it names none.
function submitWith(textarea) {
  const button = document.getElementById(textarea.dataset.submits);
  return Prec.highest(
    keymap.of([
      {
        key: "Mod-Enter",
        run: () => {
          if (button) button.click();
          else textarea.form.requestSubmit();
          return true;
        },
      },
    ]),
  );
}

// Escape, then Tab, leaves the editor: CodeMirror's way out for keyboard users. An Escape that closes
// a completion list counts, too.
const leaving = Prec.highest(
  keymap.of([
    {
      key: "Escape",
      run: (view) => {
        const closed = closeCompletion(view);
        if (closed) view.setTabFocusMode(LEAVES_WITHIN);
        return closed;
      },
    },
  ]),
);

const keys = [...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, indentWithTab];

export function editor(textarea, nonce) {
  const described = textarea.getAttribute("aria-describedby");
  const mirror = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    textarea.value = update.state.doc.toString();
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const view = new EditorView({
    doc: textarea.value,
    parent: textarea.parentElement,
    extensions: [
      submitWith(textarea),
      leaving,
      lineNumbers(),
      history(),
      drawSelection(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      autocompletion(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      search({ top: true }),
      language(textarea.dataset.language),
      syntaxHighlighting(classHighlighter),
      keymap.of(keys),
      EditorView.cspNonce.of(nonce),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": textarea.getAttribute("aria-label"), ...(described && { "aria-describedby": described }) }),
      marking,
      mirror,
    ],
  });
  textarea.hidden = true;
  register(textarea, view);
  textarea.form?.addEventListener("htmx:beforeRequest", () => {
    delete textarea.parentElement.dataset.differs;
    clearMarks(view);
  });
  return view;
}
