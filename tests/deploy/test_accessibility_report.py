"""The report on accessibility has every criterion of WCAG 2.2 A and AA, and names tests that exist."""

import re

import pytest

from deploy.dev.base import ROOT

REPORT = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d\.\d\.\d+) (.+?) \| (A+) \| (.+?) \| (.+?) \|$", REPORT, re.MULTILINE)
RESULTS = {"supports", "partially supports", "does not support", "not applicable"}
# https://www.w3.org/TR/WCAG22/, without 4.1.1, which is obsolete.
LEVEL_A = re.findall(
    r"\S+",
    """1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3
    2.4.4 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2""",
)
LEVEL_AA = re.findall(
    r"\S+",
    """1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8
    3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3""",
)


def test_every_criterion_stands_once_with_its_level():
    levels = dict.fromkeys(LEVEL_A, "A") | dict.fromkeys(LEVEL_AA, "AA")
    numbers = [number for number, *_ in ROWS]

    assert len(levels) == 55
    assert numbers == sorted(levels, key=lambda number: [int(part) for part in number.split(".")])
    assert {number: level for number, _, level, *_ in ROWS} == levels
    assert REPORT.count("\n| ") == len(ROWS) + 1


@pytest.mark.parametrize(("number", "result", "how"), [(row[0], row[3], row[4]) for row in ROWS])
def test_a_criterion_has_a_result_and_says_how(number, result, how):
    assert result in RESULTS
    named = re.findall(r"`(tests/[\w./]+)`", how)
    assert named or len(how.split()) >= 4
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_report_says_what_was_not_tried():
    assert "**Not tried:** no screen reader was heard" in REPORT
