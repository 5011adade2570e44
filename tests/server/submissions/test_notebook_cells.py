import ast
from pathlib import Path
from time import process_time

import pytest

from server.submissions.notebook_cells import python_of

LINE_SEPARATOR = "\u2028"


@pytest.mark.parametrize("command", ["%%time", "%%capture", "%%capture out --no-stderr", "%%prun", "%%debug"])
def test_a_cell_command_that_runs_here_keeps_the_code(command):
    assert python_of(f"{command}\nx = 1\ny = 2\n") == f"# {command}\nx = 1\ny = 2"


def test_cell_commands_above_each_other_keep_the_code():
    assert python_of("\n%%time\n%%capture\n\nx = 1") == "# %%time\n# %%capture\n\nx = 1"


@pytest.mark.parametrize("command", ["%%bash", "%%writefile a.py", "%%timeit", "%%html", "%%python2", "%%unknown"])
def test_a_cell_of_another_program_becomes_a_comment(command):
    assert python_of(f"{command}\nx = '''\n\nrm -r .") == f"# {command}\n# x = '''\n# \n# rm -r ."


def test_a_block_with_only_commands_stays_valid():
    source = python_of("import sys\nif 'google.colab' in sys.modules:\n    !pip install -q torch\n    %cd /content")

    ast.parse(source)
    assert source.splitlines()[2:] == ["    pass  # !pip install -q torch", "    pass  # %cd /content"]


def test_a_continued_command_is_a_comment_to_its_end():
    source = python_of("!pip install \\\n    torch \\\n    numpy\nx = 1")

    assert source == "# !pip install \\\n#     torch \\\n#     numpy\nx = 1"


@pytest.mark.parametrize(
    "code",
    [
        'text = """\n%d of %s\n!important\nreally?\n"""',
        "text = 'a \\\n%d \\\n!b'",
        "x = (7\n  % 2)",
        "x = 7 \\\n  % 2",
        "x = [\n    1,  # what?\n    2,\n]",
        "print('%time', '!ls', \"torch.sin?\")",
        'f"{d["key"]}"\nx = 1 % 2  # x = !ls',
        "x != y\nz = f(a=1, b=2)\nw = v = 3",
        "if x == 1: y = '= !ls'",
        f"text = 'one{LINE_SEPARATOR}%two'\nother = 'three\x0c!four\x1c?'",
        "\x0cx = 1",
        "def f():\n    '''%doc\n    !no\n    '''\n    return 1",
        "r'\\'  # %\nx = 1",
        "x = {'a': 1}\nx['a'] /= 2",
    ],
)
def test_code_that_is_python_is_not_changed(code):
    assert python_of(code) == code


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("files = !ls *.py", "files = []  # !ls *.py"),
        ("a=!ls", "a= []  # !ls"),
        ("old = %pwd", "old = None  # %pwd"),
        ("    x = 1\n    !ls", "x = 1\n# !ls"),
        ("torch.sin?", "# torch.sin?"),
        ("torch.sin??  ", "# torch.sin??  "),
        ("?torch.sin", "# ?torch.sin"),
        ("%matplotlib?", "# %matplotlib?"),
        ("%%time?", "# %%time?"),
        ("xs[0].grad?", "# xs[0].grad?"),
        ("for x in xs:\n    x?", "for x in xs:\n    pass  # x?"),
        ("%time y = f(x)", "y = f(x)"),
        ("y = %time f(x)", "y = f(x)"),
        ("%timeit f(x)", "# %timeit f(x)"),
        ("!!ls", "# !!ls"),
        ("!echo it's", "# !echo it's"),
        ("!echo '''\nx = 1", "# !echo '''\nx = 1"),
        ("/f a b", "f(a, b)"),
        (",f a b", "f('a', 'b')"),
        (";f a b", "f('a b')"),
        (">>> x = 1\n>>> if x:\n...     y = 2", "x = 1\nif x:\n    y = 2"),
        ("In [1]: x = 1\n   ...: y = 2", "x = 1\ny = 2"),
        ("x = '''a\n%b'''\n%cd c", "x = '''a\n%b'''\n# %cd c"),
        ("x = f(1,\n      2)\n!ls", "x = f(1,\n      2)\n# !ls"),
        ("x = 'not closed\n!ls", "x = 'not closed\n# !ls"),
        ("%%time", "# %%time"),
        ("", ""),
    ],
)
def test_commands_become_what_they_do_in_plain_python(cell, python):
    assert python_of(cell) == python


@pytest.mark.parametrize(
    "cell",
    [
        "%%time\n" * 100_000,
        "'" * 400_000,
        "x = '" + "\\" * 400_000,
        "(" * 400_000,
        "/a" + " b" * 200_000,
        "a=" * 200_000,
    ],
)
def test_a_long_cell_takes_time_in_proportion(cell):
    def seconds(text):
        start = process_time()
        python_of(text)
        return process_time() - start

    assert seconds(cell) < 40 * max(seconds(cell[: len(cell) // 10]), 0.01)


def test_the_texts_of_the_project_are_not_changed():
    for file in Path("exercises").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert python_of(text) == text.strip("\n")
