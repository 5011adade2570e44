import pytest

from server.catalogue.markdown import render


def test_a_formula_becomes_mathml():
    html = render(r"The sum $\frac{a}{b}$.")

    assert "<mfrac>" in html
    assert "$" not in html


def test_a_formula_of_its_own_is_set_as_a_block():
    assert '<math display="block">' in render("$$x^2$$")


def test_code_is_highlighted_and_scrolls_by_keyboard():
    html = render("```python\ndef f():\n    return 1\n```")

    assert '<span class="k">def</span>' in html
    assert 'tabindex="0"' in html


def test_code_in_an_unknown_language_is_shown_as_it_is():
    assert "a &lt; b" in render("```nonsense\na < b\n```")


def test_a_hint_can_be_folded():
    html = render("<details>\n<summary>Hint</summary>\n\nTry `x`.\n\n</details>")

    assert "<summary>Hint</summary>" in html
    assert "<code>x</code>" in html


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        r"$\text{<img src=x onerror=alert(1)>}$",
        r"$$\text{</math><script>alert(1)</script>}$$",
        "[x](javascript:alert(1))",
        '<a href="javascript:alert(1)">x</a>',
        '<p onclick="alert(1)" style="position:fixed">x</p>',
        "<iframe src=https://example.org></iframe>",
        "```<script>\nalert(1)\n```",
        '<details ontoggle="alert(1)" open>x</details>',
    ],
)
def test_nothing_that_runs_gets_through(attack):
    html = render(attack)

    for danger in ("<script", "<img", "<iframe", "onerror=", "onclick=", "ontoggle=", "style=", 'href="javascript'):
        assert danger not in html
