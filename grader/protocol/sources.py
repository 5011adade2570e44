"""Which text can be a submission's source at all. The server and the grader use the same rule."""

MAX_SOURCE = 256 * 1024
"""Bytes of a source in UTF-8."""


class TooLarge(ValueError):
    """A source has more than `MAX_SOURCE` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes, at most {MAX_SOURCE}")
        self.size = size


class NotText(ValueError):
    """A source is not UTF-8 text."""


class HasNul(NotText):
    """A source has NUL characters, which Python source cannot have."""


def check_source(source: str) -> None:
    """Raise TooLarge or NotText if a source cannot be graded."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        raise NotText("lone surrogates") from None
    if size > MAX_SOURCE:
        raise TooLarge(size)
    if "\0" in source:
        raise HasNul("NUL characters")
