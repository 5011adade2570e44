"""The text and the HTML of a mail, made of the same parts.

A part is a paragraph (a string), a `LetterLink`, or Markdown with its HTML (`Formatted`). People's names and words are
never markup: everything is escaped, except what the Markdown renderer has cleaned.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

LONGEST_SUBJECT = 180
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterLink:
    """An address that a mail leads to, and the words on it."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Formatted:
    """Markdown and its cleaned HTML."""

    source: str
    html: SafeString


Part = str | LetterLink | Formatted


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What is in a mail, apart from its recipient."""

    subject: str
    text: str
    html: str


# The sender puts each recipient's own address here.
STOP_URL = "{unsubscribe}"


def write(subject: str, parts: Sequence[Part], *, why: str = "", can_stop: bool = False) -> Written:
    """Return a mail in our words and look. `why` says for what reason the person gets it.

    With `can_stop` it ends with a link that stops such mails: `STOP_URL`, until the mail is sent.
    """
    blocks = [_block(part) for part in parts]
    host = urlsplit(settings.PUBLIC_URL).netloc
    context = {"subject": one_line(subject), "blocks": blocks, "why": why, "stop": STOP_URL if can_stop else ""}
    context |= {"url": settings.PUBLIC_URL, "host": host}
    return Written(
        subject=one_line(subject),
        text=render_to_string("mail/letter.txt", context).strip() + "\n",
        html=render_to_string("mail/letter.html", context),
    )


def paragraphs(text: str, *, site: str = "") -> list[Part]:
    """Return the parts of a plain text. An address of this website that is alone in its paragraph becomes a link.

    `site` is the address at which the reader opened this website, if not PUBLIC_URL. Other addresses stay text: they
    can come from people's names.
    """
    return [_paragraph(one.strip(), site or settings.PUBLIC_URL) for one in re.split(r"\n\s*\n", text.strip())]


def _paragraph(words: str, site: str) -> Part:
    is_ours = _URL.fullmatch(words) and urlsplit(words)[:2] == urlsplit(site)[:2]
    return LetterLink(label=words, url=words) if is_ours else words


def one_line(text: str) -> str:
    """Return a text for a header: one line, without invisible characters, at most `LONGEST_SUBJECT` long."""
    line = " ".join(_INVISIBLE.sub(" ", text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _block(part: Part) -> dict[str, object]:
    if isinstance(part, LetterLink):
        return {"link": part}
    return {"formatted": part} if isinstance(part, Formatted) else {"text": part, "lines": part.splitlines()}
