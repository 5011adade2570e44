"""Comments of anybody, as HTML that is safe on a page of anybody else, and cheap to make."""

import re

import pytest

from server.comments.rendering import comment_html
from server.comments.services import LONGEST
from tests.support.bombs import STATEMENTS
from tests.support.bounded import assert_cheap

# A page shows 200 comments at most.
MANY = 20

ATTACKS = {
    "a script": "<script>alert(1)</script>",
    "a handler": '<img src=x onerror="alert(1)">',
    "a link to a script": "[a](javascript:alert(1))",
    "a link to a script in disguise": "[a](java&#10;script:alert(1)) [b](JaVaScRiPt:alert(1)) <javascript:alert(1)>",
    "a link to data": "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "a frame": "<iframe src='https://elsewhere.example'></iframe>",
    "a style": "<style>body{background:url(https://elsewhere.example)}</style><p style='position:fixed'>",
    "a form": "<form action='https://elsewhere.example'><input name=password></form>",
    "a picture that tracks": "![x](https://elsewhere.example/pixel.png)",
    "a picture by reference": "![x][y]\n\n[y]: https://elsewhere.example/pixel.png",
    "markup in a formula": r"$\text{<img src=https://elsewhere.example onerror=alert(1)>}$",
    "a link in a formula": r"$\href{javascript:alert(1)}{x}$",
    "markup in code": "```html\n<script>alert(1)</script>\n```",
    "a quoted language": '```"><script>alert(1)</script>\nx\n```',
    "svg": "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "a page of its own": "# Sign in again\n\nTitle\n=====\n<h1 id=main>Title</h1>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_comments_stay_text(attack):
    html = comment_html(ATTACKS[attack])

    tags = set(re.findall(r"<([a-z0-9-]+)", html))
    assert not tags & {"script", "img", "iframe", "style", "form", "input", "svg", "h1", "h2", "link", "meta"}, html
    inside = " ".join(re.findall(r"<[a-z][^>]*>", html))
    assert not re.search(r"\bon[a-z]+=|javascript:|data:|\bstyle=|\bid=|\bsrc=", inside, re.IGNORECASE), html


def test_code_lists_links_and_formulas_are_shown():
    text = "Use `x.grad`, **not** `x`:\n\n- $x^2$\n- [why](https://pytorch.org)\n\n```python\ny = x * x\n```"

    html = comment_html(text)

    assert all(part in html for part in ("<code>x.grad</code>", "<strong>", "<li>", "<math", 'class="code"'))
    assert 'href="https://pytorch.org" rel="noopener noreferrer"' in html


def test_markup_and_headings_are_shown_as_written():
    html = comment_html("# not a heading\n\nA <tensor> of shape <2>.")

    assert "# not a heading" in html
    assert "&lt;tensor&gt;" in html


@pytest.mark.parametrize("bomb", STATEMENTS)
def test_the_longest_comments_are_cheap(bomb):
    """So many different ones that a page of comments stays cheap, too."""
    texts = [f"{number} {STATEMENTS[bomb]}"[:LONGEST] for number in range(MANY)]

    assert assert_cheap(lambda: sum(len(comment_html(text)) for text in texts)).error == ""
