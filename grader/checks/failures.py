"""The exceptions that a check raises when a trial does not pass."""

from collections.abc import Mapping
from typing import Any

from grader.checks.places import Path


class Failed(Exception):
    """A trial did not pass a check: a message id with its data, and optionally a hint and a diagnosis."""

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
    """The value is not the expected one. Both are kept, so that `grader.checks.diagnosis` can explain the difference.

    `path` names the part that differs, and `index` the entry in it ("[3, 1]"). If only a part of the answer was
    compared, `part` is its key, and `whole` is (got, expected) of the whole answers. Otherwise both are None. `name` is
    what learners read for what was compared ("the gradient for `x`"), "" if it is the whole result.
    """

    def __init__(
        self,
        message: str,
        data: Mapping[str, Any],
        *,
        got: Any,
        expected: Any,
        diagnosis: str | None = None,
        path: Path = (),
        index: str = "",
    ) -> None:
        hint = f"{diagnosis}.hint" if diagnosis else None
        super().__init__(message, data, hint=hint, diagnosis=diagnosis)
        self.got = got
        self.expected = expected
        self.part: Any = None
        self.whole: tuple[Any, Any] | None = None
        self.path = path
        self.index = index
        self.name = ""
