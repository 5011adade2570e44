"""How a check says no."""

from collections.abc import Mapping
from typing import Any


class Failed(Exception):
    """A trial did not pass a check: a message id with data, and perhaps a hint and a diagnosis."""

    def __init__(
        self,
        message: str,
        data: Mapping[str, Any] | None = None,
        *,
        hint: str | None = None,
        diagnosis: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.data = dict(data or {})
        self.hint = hint
        self.diagnosis = diagnosis


class Mismatch(Failed):
    """The value that came is not the value expected; both are kept, so that `diagnosis` can say how.

    `part` is the key of the part that they are of the whole answers in `whole`; both are None for an answer as a whole.
    """

    def __init__(
        self, message: str, data: Mapping[str, Any], *, got: Any, expected: Any, diagnosis: str | None = None
    ) -> None:
        hint = f"{diagnosis}.hint" if diagnosis else None
        super().__init__(message, data, hint=hint, diagnosis=diagnosis)
        self.got = got
        self.expected = expected
        self.part: Any = None
        self.whole: tuple[Any, Any] | None = None
