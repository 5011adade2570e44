"""A corpus of small bombs: text of learners that is cheap to send and was, or could be, dear to show or to read."""

from collections.abc import Callable
from itertools import cycle, islice

from grader.protocol.sources import MAX_SOURCE

MIB = 1 << 20


def filled(text: str, size: int = MAX_SOURCE) -> str:
    """A text again and again, up to a size in bytes."""
    return text * (size // len(text.encode()))


# Python sources as large as one can be: quadratic for Pygments, `tokenize`, `difflib`, or a page with a row per line.
SOURCES = {
    "a format of zeros": f"note = '%{filled('0', MAX_SOURCE - 20)}'",
    "formats": f"note = '{filled('%0', MAX_SOURCE - 20)}'",
    "quotes": filled("'"),
    "double quotes": filled('"'),
    "both quotes": filled("'\""),
    "three quotes that never end": "'''" + filled("''\\", MAX_SOURCE - 3),
    "backslashes in a string": "'" + filled("\\", MAX_SOURCE - 1),
    "escaped quotes": filled("'\\'"),
    "prefixes of strings": filled('rb"'),
    "digits": filled("0"),
    "digits and underscores": filled("1_"),
    "exponents": filled("1e+"),
    "numbers": filled("1 "),
    "dots": filled("."),
    "one name": filled("a"),
    "names": filled("if a "),
    "a comment": filled("#"),
    "comments": filled("#\n"),
    "brackets": filled("("),
    "f-strings": filled("f'{"),
    "decorators": filled("@a\n"),
    "empty lines": filled("\n"),
    "spaces": filled(" "),
    "tabs and form feeds": filled("\t\f"),
    "ever deeper": "".join(f"{' ' * depth}if a:\n" for depth in range(700)),
    "combining characters": "a" + filled("\u0301", MAX_SOURCE - 1),
    "other line ends": filled("\u2028\x85\x0b"),
    "text that runs backwards": filled("\u202ea\u2066b\n"),
    "markup": filled("<&\"'>"),
    "a few lines in every order": "\n".join(islice(cycle(f"s{n}" for n in range(97)), 60_000)),
}

# Pairs of sources for a comparison: worst cases of the matching of lines.
PAIRS = {
    "equal lines moved": (
        "\n".join(f"s{i // 11}" for i in range(990)),
        "\n".join(f"{'su'[i % 2]}{i // 11}" for i in range(990)),
    ),
    "one line each": (filled("a"), filled("b")),
    "long lines that differ at the end": (filled("a", MAX_SOURCE - 1) + "c", filled("a", MAX_SOURCE - 1) + "d"),
    "thousands of changes": (filled("a\n"), filled("b\n")),
    "thousands of lines more": ("", filled("a\n")),
    "two lines alternating": ("x\ny\n" * 150, "x\nx\ny\ny\n" * 75),
}

# The code of one notebook cell: commands of IPython at their longest and deepest.
CELLS = SOURCES | {
    "a long cell command": "%%" + filled("a", MAX_SOURCE - 3) + "?",
    "cell commands": filled("%%time\n"),
    "commands": filled("!a\n"),
    "a command over many lines": filled("!a\\\n"),
    "spaces after a command": "%time" + filled(" ", MAX_SOURCE - 5),
    "assigned commands": filled("a = !a\n"),
    "many equals": filled("a = "),
    "prompts": filled(">>> \n"),
    "spaces before prompts": "In [1]: \n" + filled(" ", MAX_SOURCE - 9),
    "automatic calls": filled("/a a a\n"),
    "questions": filled("a?\n"),
}


def notebook(cells: str, rest: str = "") -> str:
    """The JSON of a notebook, as text, with cells as text."""
    return f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{cells}]{rest}}}'


def code_cell(source: str) -> str:
    """A code cell; its source is JSON."""
    return f'{{"cell_type": "code", "metadata": {{}}, "outputs": [], "execution_count": null, "source": {source}}}'


ANSWER = code_cell('"x = 1"')


def beside(value: str) -> str:
    """A notebook with one line of code, and something else."""
    return notebook(ANSWER, f', "z": {value}')


# Notebooks of a size: millions of values, or one that is very deep, long or often there.
NOTEBOOKS: dict[str, Callable[[int], str]] = {
    "empty lists": lambda size: beside("[" + filled("[],", size) + "0]"),
    "empty objects": lambda size: beside("[" + filled("{},", size) + "0]"),
    "objects of one key": lambda size: beside("[" + filled('{"":{}},', size) + "0]"),
    "lists of one list": lambda size: beside("[" + filled("[[]],", size) + "0]"),
    "deep lists": lambda size: beside("[" * (size // 2) + "]" * (size // 2)),
    "deep objects": lambda size: beside(filled('{"":', size)),
    "numbers": lambda size: beside("[" + filled("0,", size) + "0]"),
    "texts": lambda size: beside("[" + filled('"ab",', size) + "0]"),
    "one number": lambda size: beside("1" * size),
    "a number as the format": lambda size: f'{{"nbformat": {"4" * size}, "cells": []}}',
    "unknown keys": lambda size: notebook(ANSWER, "".join(f', "{n}": 0' for n in range(size // 14))),
    "one key": lambda size: notebook(ANSWER, f', "{"k" * size}": 0'),
    "the same key": lambda size: notebook(ANSWER, filled(', "a": 0', size)),
    "cells that are numbers": lambda size: notebook(filled("0,", size) + "0"),
    "cells that are empty": lambda size: notebook(filled("{},", size) + ANSWER),
    "cells of no kind": lambda size: notebook(filled('{"cell_type":""},', size) + ANSWER),
    "cells without code": lambda size: notebook(filled('{"cell_type":"code","source":""},', size) + ANSWER),
    "cells with wrong code": lambda size: notebook(filled('{"cell_type":"code","source":0},', size) + ANSWER),
    "lines that are empty": lambda size: notebook(code_cell("[" + filled('"",', size) + '"x = 1"]')),
    "lines that are numbers": lambda size: notebook(code_cell("[" + filled("0,", size) + "0]")),
    "line ends": lambda size: notebook(code_cell('"' + filled("\\n", size) + '"')),
    "line ends as far as possible": lambda size: notebook(
        code_cell('"' + filled("\\n", min(size, 2 * MAX_SOURCE)) + '"')
    ),
    "escapes": lambda size: notebook(code_cell('"' + filled("\\u0061", size) + '"')),
    "outputs": lambda size: notebook(ANSWER.replace('"outputs": []', f'"outputs": [{filled("[1],", size)}0]')),
    "worksheets": lambda size: '{"nbformat": 3, "worksheets": [' + filled("{},", size) + "0]}",
    "worksheets without cells": lambda size: '{"nbformat": 3, "worksheets": [' + filled('{"cells":[]},', size) + "0]}",
    "an open string": lambda size: notebook(ANSWER, ', "z": "' + filled('\\"', size))[:-2],
    "white space": lambda size: " " * size,
}


ROSTERS = {
    "columns": filled("email,", MIB),
    "empty lines": "email\n" + filled("\n", MIB - 6),
    "short lines": "email\n" + filled("a\n", MIB - 6),
    "an open quote": 'email\n"' + filled("a,\n", MIB - 7),
    "quotes": "email\n" + filled('"', MIB - 6),
    "quotes and separators": filled('";', MIB),
    "quoted from the start": filled('"a"', MIB),
    "spaces": filled(" ", MIB),
    "separators": filled(";", MIB),
    "one field": "email\n" + filled("a", MIB - 6),
    "one address": "email\n" + filled("a.", MIB - 8) + "@b",
    "hosts": "email\na@" + filled("b-.", MIB - 8),
    "line ends of other kinds": "email\r" + filled("\r", MIB - 6),
    "names with commas": "email,name\n" + filled('a@b.cd,"x,y"\n', MIB - 11),
}

FORMULA = 5_000
STATEMENTS = {
    "brackets": filled("[", 25_000),
    "pictures": filled("![", 25_000),
    "stars": filled("*", 25_000),
    "emphasis": filled("*a_", 25_000),
    "quotes": filled(">", 25_000),
    "lists in lists": filled("- ", 25_000),
    "numbers in numbers": filled("1. ", 25_000),
    "ticks": "".join("`" * length + " " for length in range(300)),
    "links": filled("[a](", 25_000),
    "open links": filled("[a](<", 25_000),
    "elements": filled("<a ", 25_000),
    "open comments": filled("<!--", 25_000),
    "nested elements": filled("<div>", 25_000),
    "entities": filled("&", 25_000),
    "backslashes": filled("\\", 25_000),
    "dollars": filled("$a ", 25_000),
    "references": "".join(f"[{n}]: u\n" for n in range(2_000)) + filled("[a]", 20_000),
    "a wide table": "\n".join(filled(part, 20_000) for part in ("|a", "|-", "|b")),
    "braces": f"${'{' * FORMULA}{'}' * FORMULA}$",
    "open braces": f"${'{' * FORMULA}$",
    "fractions": f"${filled(chr(92) + 'frac', FORMULA)}$",
    "indices": f"${filled('a_', FORMULA)}$",
    "open brackets": f"${filled(chr(92) + 'left(', FORMULA)}$",
    "code": f"```python\nnote = '%{filled('0', 25_000)}'\n```",
    "code of another language": f"```html\n{filled('<!--', 25_000)}\n```",
}
