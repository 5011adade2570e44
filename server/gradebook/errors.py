"""Why a grade is not changed; the text is for the instructor.

GradeError
├── Invalid     no reason given, or points that cannot be
└── Overtaken   somebody changed the grade since
"""


class GradeError(Exception):
    """Nothing was changed."""


class Invalid(GradeError):
    """The decision makes no sense."""


class Overtaken(GradeError):
    """The change cannot be undone: another one came after it."""
