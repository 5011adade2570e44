"""Splits Python source into tokens in linear time, whatever the source is.

Learners' sources are read in the website's own process, and a tokenizer that is quadratic for some source would stop
the site: the standard library's and Pygments' are. Here one expression matches at every place, and each of its parts
reads its token to the end, so no character is read more than a few times. Source that is not Python has tokens too.
"""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# An unclosed string ends with its line, one in triple quotes with the source. The loops have one way to match only.
_STRING = r"""
    [bBfFrRtTuU]{0,2}
    (?: '''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?
      | \"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\""")?
      | '[^'\\\n]*(?:\\.[^'\\\n]*)*'?
      | "[^"\\\n]*(?:\\.[^"\\\n]*)*"?
    )
"""
_NUMBER = r"(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[jJ]?"
_SYMBOL = r"\*\*=?|//=?|>>=?|<<=?|->|:=|\.\.\.|[-+*/%@&|^=<>!]=?|[^\s\w]"
_TOKEN = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<string>{_STRING})|(?P<number>{_NUMBER})|(?P<name>\w+)|(?P<symbol>{_SYMBOL})",
    re.VERBOSE | re.DOTALL,
)


class TokenKind(StrEnum):
    """The kinds of tokens. A number that is none in Python is a name, and a character without a meaning a symbol."""

    COMMENT = "comment"
    STRING = "string"
    NUMBER = "number"
    NAME = "name"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class PythonToken:
    """A token and its position: the number of characters before it."""

    kind: TokenKind
    text: str
    start: int

    @property
    def is_keyword(self) -> bool:
        """Whether this is one of the words that Python reserves."""
        return self.kind is TokenKind.NAME and keyword.iskeyword(self.text)


def python_tokens(source: str) -> Iterator[PythonToken]:
    """Yield the tokens of a source in order. What lies between them is white space."""
    for match in _TOKEN.finditer(source):
        yield PythonToken(TokenKind(match.lastgroup or ""), match.group(), match.start())
