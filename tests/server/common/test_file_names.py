"""Whatever a person calls themselves, every system can unpack the file, and no two files are one."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.common.file_names import RESERVED, safe_file_name

HOSTILE = [
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/shadow",
    "C:\\autoexec.bat",
    "~root",
    ".",
    "..",
    "",
    " ",
    "CON",
    "con.txt",
    "Aux.",
    "lpt1",
    "COM¹",
    "nul ",
    "a\x00b",
    "a\nb",
    "a/b",
    "a:stream",
    "name.",
    "name ",
    "-rf",
    ".bashrc",
    "😀😀",
    "\u202egnp.exe",
    "\u200bzero",
    "ﬁle",
    "Ａｎｎａ",
    "straße",
    "x" * 300,
    "日本語",
]


def is_safe(name):
    """Whether Windows, macOS and Linux can all make a file with this name in the present folder."""
    plain = name.isascii() and name.isprintable() and not set(name) & set('<>:"/\\|?* ')
    inside = name not in {"", ".", ".."} and not name.startswith((".", "-", "~")) and not name.endswith(".")
    return plain and inside and len(name) < 100 and name.partition(".")[0].lower() not in RESERVED


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_becomes_a_safe_name(text):
    assert is_safe(safe_file_name(text, 7))


def test_plain_user_names_stay_as_they_are():
    assert [safe_file_name(text, 7) for text in ("ada", "ada@example.org", "ada.l_2")] == [
        "ada",
        "ada@example.org",
        "ada.l_2",
    ]


def test_names_that_differ_only_in_case_get_two_files():
    names = [safe_file_name(text, number) for text, number in zip(("Ada", "ada", "ADA", "Ada-1"), count(1))]

    assert len({name.casefold() for name in names}) == 4


@given(texts=st.lists(st.text(max_size=20), unique=True, max_size=20))
def test_any_texts_get_safe_and_different_names(texts):
    names = [safe_file_name(text, number) for number, text in enumerate(texts)]

    assert all(map(is_safe, names))
    assert len({name.casefold() for name in names}) == len(texts)
