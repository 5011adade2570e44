"""A package's own sentences, `messages.toml`. Without torch: the web server reads it too.

[swapped_powers]
sentence = "This is the gradient of x³ + y²: the exponents are swapped."
hint = "Which exponent does your code give to `x`?"      what to look at
why = "..."                                              the idea behind the mistake, with the smallest example
how = "..."                                              what to change, in words

The key is the id that a near miss, or `trial.require`, names; the data of the message fills in `{names}`. If the grader
has a sentence of the same id, the package's own one is used. The file can be missing. A package without all three
levels can be used, but `verify` reports it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from grader.errors import PackageError
from grader.protocol.messages import OWN_WORDS, names_in
from grader.protocol.reports import Finding

FILE = "messages.toml"
Text = Annotated[str, Meta(min_length=1, max_length=2000)]


class OwnMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """What a learner reads about one mistake: the sentence, and three levels of hints ("" if one is missing)."""

    sentence: Text
    hint: str = ""
    why: str = ""
    how: str = ""

    @property
    def names(self) -> set[str]:
        """The names of the data that fill in the texts."""
        return set().union(*(names_in(text) for text in (self.sentence, self.hint, self.why, self.how)))


def read_messages(path: Path) -> Mapping[str, OwnMessage]:
    """Read `messages.toml`; no messages if there is no such file. Raises PackageError if something in it is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PackageError(f"{path}: not TOML: {error}") from error
    return {name: _message(path, name, table) for name, table in data.items()}


def _message(path: Path, name: str, table: object) -> OwnMessage:
    try:
        message = msgspec.convert(table, OwnMessage)
    except msgspec.ValidationError as error:
        raise PackageError(
            f"{path}: [{name}] needs `sentence`, and can have `hint`, `why` and `how`, all text: {error}."
        ) from None
    try:
        _ = message.names
    except ValueError as error:
        raise PackageError(f"{path}: [{name}] has braces that are no name: {error}; write {{{{ for a brace.") from None
    return message


def in_own_words(finding: Finding, messages: Mapping[str, OwnMessage]) -> Finding:
    """Return the finding with the sentences that its package has for it. They travel in its data."""
    own = messages.get(finding.message or "")
    if own is None:
        return finding
    words = [finding.message or "", own.sentence, own.hint, own.why, own.how]
    return replace(finding, data={**finding.data, OWN_WORDS: words})
