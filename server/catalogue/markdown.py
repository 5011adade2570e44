"""Markdown with TeX formulas to safe HTML: formulas become MathML, code gets Pygments' classes, nh3 cleans the rest.

Authors are not trusted with HTML: any HTML in a text or a formula that is not allowed below is removed.
"""

from functools import cache

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound


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
    "pre": {"tabindex"},
    "div": {"tabindex"},
    "ol": {"start"},
}


def render(text: str) -> str:
    """Return the HTML of a Markdown text; it is safe on a page."""
    return nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes={tag: _classes() for tag in ("span", "div", "code", "pre")},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"highlight": _highlight}).enable("table")
    return markdown.use(dollarmath_plugin, renderer=_formula, allow_space=False, double_inline=True)


def _formula(tex: str, options: dict[str, bool]) -> str:
    if options["display_mode"]:
        # A formula that scrolls must be reachable by keyboard.
        return f'<div class="formula" tabindex="0">{convert(tex, display="block")}</div>'
    return convert(tex, display="inline")


def _highlight(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    # A block that scrolls must be reachable by keyboard.
    return f'<pre class="code" tabindex="0"><code>{highlight(code, lexer, HtmlFormatter(nowrap=True))}</code></pre>'


@cache
def _classes() -> set[str]:
    from pygments.token import STANDARD_TYPES  # noqa: PLC0415 a table of 100 short names

    return {"math", "formula", "inline", "block", "code", *filter(None, STANDARD_TYPES.values())}
