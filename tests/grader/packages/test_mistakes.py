"""Every wrong answer of every package names the line to look at, or says that there is none."""

import pytest

from grader.packages.catalogue import packages
from grader.packages.mistakes import NO_LINE, impossible_line, read_mistakes, sources_of

PACKAGES = {package.slug: package.folder for package in packages()}


@pytest.mark.parametrize("slug", PACKAGES)
def test_each_wrong_answer_has_a_line_of_code_or_none(slug):
    mistakes, sources = read_mistakes(PACKAGES[slug]), sources_of(PACKAGES[slug])

    assert set(mistakes) == set(sources)
    for name, mistake in mistakes.items():
        assert list(impossible_line(name, mistake, sources[name].read_text(encoding="utf-8"))) == []


def test_most_wrong_answers_have_a_line():
    lines = [mistake.line for folder in PACKAGES.values() for mistake in read_mistakes(folder).values()]

    assert len(lines) > 190
    assert 0.6 < sum(line != NO_LINE for line in lines) / len(lines) < 0.9
