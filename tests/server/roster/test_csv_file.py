from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.roster.csv_file import Unreadable, decode, read

TEXT = "email;name\nada@example.org;Ada Müller\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_what_spreadsheets_write_is_decoded(encoding):
    (person,) = read(decode(TEXT.encode(encoding)))

    assert (person.email, person.last_name) == ("ada@example.org", "Müller")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"name\x81", b"\x00\xd8\x00\xd8\x00\xd8x"])
def test_other_bytes_are_refused(data):
    with pytest.raises(Unreadable, match="encoding"):
        decode(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data):
    with suppress(Unreadable):
        decode(data)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_first_line_shows_the_separator(separator):
    (person,) = read(separator.join(["email", "last name", "first name"]) + '\na@b.org,"x;y"'.replace(",", separator))

    assert (person.email, person.last_name) == ("a@b.org", "x;y")


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        ('"=""00123"""', "00123"),
        ("00123\u200b", "00123"),
        ("\u00a000123 ", "00123"),
        ("\u202a00123\u202c", "00123"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_an_id_is_what_a_person_can_see(value, read_as):
    (person,) = read(f"id,email\n{value},ada@example.org\n")

    assert person.id == read_as


def test_a_name_keeps_the_joiners_of_its_script():
    (person,) = read("id,name\n1,علی\u200cرضا\n")

    assert person.name == "علی\u200cرضا"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('email,name\none@example.org,"Student One\ntwo@example.org,Student Two\n', "line 2 is not closed"),
        ('email,name\na@b.org,A\none@example.org,"Student One\ntwo@example.org,"T"\n', "line 3 is not closed"),
        ("email,e-mail\na@b.org,c@d.org\n", "Two columns"),
        ("email" + "," * 500 + "\n", "200 columns"),
        ("email\n" + "a@b.org\n" * 5001, "5000 lines"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(text, words):
    with pytest.raises(Unreadable, match=words):
        read(text)


def test_lines_are_numbered_as_in_the_file():
    people = read('email,name\na@b.org,"two\nlines"\n\nc@d.org,C\n')

    assert [person.line for person in people] == [2, 5]


def test_excels_line_with_the_separator_is_understood():
    (person,) = read("sep=;\nusername;name\nada;Lovelace, Ada\n")

    assert (person.username, person.full_name, person.line) == ("ada", "Ada Lovelace", 3)


def test_a_line_with_a_value_too_many_is_named():
    first, second = read("username,name\nada,Lovelace, Ada\nbob,Bob,\n")

    assert "more values" in first.fault
    assert second.fault == ""
