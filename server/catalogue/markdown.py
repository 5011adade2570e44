"""Markdown with TeX formulas to safe HTML: formulas become MathML, code is highlighted, nh3 cleans the rest.

Authors are not trusted with HTML: any HTML in a text or a formula that is not allowed below is removed. In comments,
which anybody can write, HTML, headings and pictures stay text.
"""

from functools import cache

import nh3
from django.utils.html import escape
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from server.catalogue.formulas import mathml
from server.common.highlighting import HIGHLIGHTING_CLASSES, highlight_python


def words(text: str) -> set[str]:
    """Return the words of a text."""
    return set(text.split())


MATHML = words(
    "math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mtable mtr mtd"
)
MATHML_ATTRIBUTES = words(
    "display mathvariant stretchy fence form separator lspace rspace minsize maxsize symmetric largeop movablelimits "
    "accent accentunder linethickness width height depth columnalign rowspacing columnspacing displaystyle scriptlevel"
)
TAGS = MATHML | words(
    "h1 h2 h3 h4 p a strong em code pre blockquote ul ol li table thead tbody tr th td hr br span div sup sub "
    "details summary"
)
ATTRIBUTES = dict.fromkeys(MATHML, MATHML_ATTRIBUTES) | {
    "a": {"href", "title"},
    "th": {"align"},
    "td": {"align"},
    "pre": {"tabindex", "role", "aria-label"},
    "div": {"tabindex", "role", "aria-label"},
    "ol": {"start"},
}
PLAIN_TAGS = TAGS - words("h1 h2 h3 h4 details summary")
# Some texts take the parser a time that grows with the square of their length.
LONGEST = 30_000
CLASSES = {"math", "formula", "inline", "block", "code", *HIGHLIGHTING_CLASSES}


def render(text: str, *, formulas: bool = True) -> str:
    """Return the HTML of a Markdown text; it is safe on a page. A text longer than `LONGEST` is shown as it is.

    Without `formulas`, TeX stays as it is.
    """
    if len(text) > LONGEST:
        return f"<pre>{escape(text)}</pre>"
    return _clean(_markdown(formulas).render(text))


def render_plain(text: str) -> str:
    """Return the HTML of a Markdown text without HTML, headings and pictures; these stay text. It is safe on a page."""
    if len(text) > LONGEST:
        return f"<pre>{escape(text)}</pre>"
    return _clean(_plain_markdown().render(text), tags=PLAIN_TAGS)


def _clean(html: str, *, tags: set[str] = TAGS) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes=ATTRIBUTES,
        allowed_classes=dict.fromkeys(("span", "div", "code", "pre"), CLASSES),
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )


@cache
def _markdown(formulas: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"highlight": _highlight}).enable("table")
    return _with_formulas(markdown) if formulas else markdown


@cache
def _plain_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"highlight": _highlight, "html": False}).enable("table")
    return _with_formulas(markdown.disable(["heading", "lheading", "image", "html_block", "html_inline"]))


def _with_formulas(markdown: MarkdownIt) -> MarkdownIt:
    return markdown.use(dollarmath_plugin, renderer=_formula, allow_space=False, double_inline=True)


def _formula(tex: str, options: dict[str, bool]) -> str:
    display = "block" if options["display_mode"] else "inline"
    try:
        formula = mathml(tex, display=display)
    except Exception:  # the converter raises many kinds, RecursionError too; the page shows the formula's text
        formula = f"<code>{escape(tex)}</code>"
    if display == "inline":
        return formula
    # A formula that scrolls must be reachable by keyboard.
    return f'<div class="formula" tabindex="0" role="group" aria-label="Formula">{formula}</div>'


def _highlight(code: str, language: str, _: str) -> str:
    shown = highlight_python(code) if language in {"python", "py"} else escape(code)
    # A block that scrolls must be reachable by keyboard.
    return f'<pre class="code" tabindex="0" role="group" aria-label="Code"><code>{shown}</code></pre>'
