// The languages of the editor. Markdown and TOML are read line by line: enough to colour them, and small.
import { python } from "@codemirror/lang-python";
import { StreamLanguage } from "@codemirror/language";
import { EditorView } from "@codemirror/view";

const NUMBER = /^[+-]?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?\b/;

const toml = {
  name: "toml",
  startState: () => ({ quotes: null, value: false }),
  token(stream, state) {
    if (stream.sol() && !state.quotes) state.value = false;
    if (state.quotes) return inside(stream, state);
    if (stream.eatSpace()) return null;
    if (stream.match("#")) return rest(stream, "comment");
    if (!state.value && stream.match(/^\[\[?[^\]]*\]\]?/)) return "keyword";
    if (stream.match('"""') || stream.match("'''")) {
      state.quotes = stream.current();
      return inside(stream, state);
    }
    if (stream.match(/^"(\\.|[^"\\])*"?/) || stream.match(/^'[^']*'?/)) return state.value ? "string" : "propertyName";
    if (!state.value && stream.match(/^[\w-]+/)) return "propertyName";
    if (stream.match("=")) {
      state.value = true;
      return null;
    }
    if (stream.match(/^(true|false)\b/)) return "keyword";
    if (stream.match(NUMBER)) return "number";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
};

function inside(stream, state) {
  while (!stream.eol()) {
    if (stream.match(state.quotes)) {
      state.quotes = null;
      break;
    }
    stream.next();
  }
  return "string";
}

const markdown = {
  name: "markdown",
  startState: () => ({ code: false, formula: false }),
  token(stream, state) {
    if (stream.sol() && stream.match(/^```/)) {
      state.code = !state.code;
      return rest(stream, "comment");
    }
    if (state.code) return rest(stream, "string");
    if (stream.sol() && stream.match(/^\$\$/)) {
      state.formula = !state.formula && !/\$\$\s*$/.test(stream.string.slice(2));
      return rest(stream, "number");
    }
    if (state.formula) {
      if (/\$\$\s*$/.test(stream.string)) state.formula = false;
      return rest(stream, "number");
    }
    if (stream.sol() && stream.match(/^(#{1,6} |\+\+\+$|\{exercise )/)) return rest(stream, "keyword");
    if (stream.match(/^`[^`]+`/)) return "string";
    if (stream.match(/^\$[^$]+\$/)) return "number";
    if (stream.match(/^<\/?[a-z][^>]*>/i)) return "keyword";
    if (stream.match(/^\{\{ *\w+ *\}\}/)) return "number";
    stream.next();
    stream.match(/^[^`$<{]+/);
    return null;
  },
};

function rest(stream, style) {
  stream.skipToEnd();
  return style;
}

const LANGUAGES = { python, toml: () => StreamLanguage.define(toml), markdown: () => [StreamLanguage.define(markdown), EditorView.lineWrapping], text: () => [] };

export function language(name) {
  return (LANGUAGES[name] ?? python)();
}
