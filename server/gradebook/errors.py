"""Why a grade is not changed. The text of an error is for the instructor.

GradeError
├── Invalid         there is no reason, or the decision is impossible
│   └── TitleTaken  another assignment of the course has the same title
└── Overtaken       the grade was changed again since
"""


class GradeError(Exception):
    """Nothing was changed."""


class Invalid(GradeError):
    """The decision is not possible."""


class TitleTaken(Invalid):
    """Two assignments of a course cannot have one title: their columns would look the same."""

    def __init__(self, title: str) -> None:
        super().__init__(f"This course has an assignment called “{title}” already. Give this one another title.")


class Overtaken(GradeError):
    """The change cannot be undone, because another one came after it."""
