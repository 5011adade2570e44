"""The text and the HTML of mails: nothing that people wrote is markup, and no name makes a link."""

import pytest

from server.mail.letters import LetterLink, one_line, paragraphs, write

EVIL = '<img src=x onerror=alert(1)> "\'& <a href="https://evil.example">click</a>'


def test_people_cannot_write_markup():
    written = write(EVIL, [EVIL, LetterLink(label=EVIL, url="https://example.org/")], why=EVIL)

    assert "<img" not in written.html
    assert "&lt;a href=&quot;https://evil" in written.html
    assert 'evil.example"' not in written.html
    assert EVIL in written.text


def test_only_our_own_addresses_become_links(settings):
    settings.PUBLIC_URL = "https://chainrule.example.org"
    text = "Ada\n\nhttps://evil.example/x\n\nhttps://chainrule.example.org/reset/1\n\nhttps://chainrule.example.org.evil.example/"

    html = write("News", paragraphs(text)).html

    assert html.count("<a href=") == 2  # the link, and the end of the mail
    assert 'href="https://chainrule.example.org/reset/1"' in html


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\u2028b", "a\x00b", "a\u202eb", "  a   b ", "a\x85b"])
def test_a_subject_is_one_line(text):
    assert one_line(text) == "a b"


def test_a_long_subject_is_cut():
    assert len(one_line("x" * 1_000)) == 180
