"""Colours of borders, icons, focus and charts against their backgrounds, in both schemes (WCAG 1.4.11: 3 to 1)."""

import re

import pytest

from deploy.dev.base import ROOT

TOKENS = (ROOT / "server/web/frontend/styles/tokens.css").read_text(encoding="utf-8")
PAIRS = {name: both for name, *both in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS)}
MARKS = ["line-strong", "accent", "good", "bad", "wait", *(f"series-{number}" for number in range(1, 9))]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_marks_stand_out_from_their_backgrounds(scheme):
    found = {
        (mark, under): round(contrast(PAIRS[mark][scheme], PAIRS[under][scheme]), 2)
        for mark in MARKS
        for under in ("paper", "surface")
    }

    assert {pair: value for pair, value in found.items() if value < 3} == {}


def test_the_contrast_of_known_colours_is_known():
    assert round(contrast("#ffffff", "#000000"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
