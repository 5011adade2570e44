import re

import pytest

from server.catalogue.formulas import mathml

SPACE = "·"


def shown(tex):
    """The characters of a formula, with its explicit spaces as dots."""
    text = re.sub(r"<mspace[^>]*>", SPACE, mathml(tex, display="inline"))
    return re.sub(r"<[^>]*>", "", text)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\sin x", "sin·x"),
        (r"\log p_{i}", "log·pi"),
        (r"2\cos x \sin^2 y", "2·cos·x·sin2·y"),
        (r"\ln\frac{a}{b}", "ln·ab"),
        (r"\log\sin x", "log·sin·x"),
        (r"a \log_2 n", "a·log2·n"),
        (r"\operatorname{relu} x", "relu·x"),
        (r"\exp{x}", "exp·x"),
        (r"\sin(x)", "sin(x)"),
        (r"\tanh\left(x\right)", "tanh(x)"),
        (r"-\sin x", "−sin·x"),
        (r"\max(x, 0)^3", "max(x,0)3"),
        (r"ab + x", "ab+x"),
        (r"\partial f", "∂f"),
    ],
)
def test_the_name_of_a_function_stands_alone(tex, text):
    assert shown(tex) == text


def test_a_name_is_no_operator_with_wide_spaces():
    assert '<mo lspace="0" rspace="0">max</mo>' in mathml(r"\max(x, 0)", display="inline")


def test_markup_in_a_formula_is_left_to_the_cleaner():
    assert mathml(r"\text{<img src=x>}", display="inline")
