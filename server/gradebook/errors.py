"""Why a grade is not changed. The text of an error is for the instructor.

GradeError
├── Invalid     there is no reason, or the points are impossible
└── Overtaken   the grade was changed again since
"""


class GradeError(Exception):
    """Nothing was changed."""


class Invalid(GradeError):
    """The decision is not possible."""


class Overtaken(GradeError):
    """The change cannot be undone, because another one came after it."""
