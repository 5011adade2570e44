"""Tables of assignments that can be edited before anything is saved: one form for each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from server.catalogue.exercises import ExerciseText
from server.common.local_times import in_words
from server.common.moment_fields import FORMAT, MomentField
from server.gradebook.models import LONGEST_TITLE, MOST_POINTS, Assignment
from server.packages.models import CoursePackage

# Django reads at most 1,000 fields of a form, and a row has up to seven.
MOST_ROWS = 120
MOMENTS = ("opens_at", "due_at", "closes_at")


@dataclass(frozen=True, slots=True)
class Choice:
    """An exercise that can be set; `package` is None for one of the installation."""

    text: ExerciseText
    package: CoursePackage | None = None

    @property
    def slug(self) -> str:
        """The slug of the exercise."""
        return self.text.slug

    @property
    def title(self) -> str:
        """Its title."""
        return self.text.title

    @property
    def teaches(self) -> tuple[str, ...]:
        """What it teaches."""
        return self.text.teaches


class _Row(forms.Form):
    """A row. Its fields are read aloud with its `heading`, the title of the assignment."""

    def __init__(self, *args: Any, heading: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}, {heading}"

    def clean(self) -> dict[str, Any]:
        """Refuse dates in the wrong order."""
        data = super().clean() or {}
        moments = [data[name] for name in MOMENTS if data.get(name)]
        if moments != sorted(moments):
            raise forms.ValidationError("An assignment opens first, then is due, then closes.")
        return data


def _points() -> forms.FloatField:
    return forms.FloatField(label="Points", min_value=0, max_value=MOST_POINTS)


class NewRow(_Row):
    """An exercise that becomes an assignment."""

    own_title = forms.CharField(label="Own title", required=False, max_length=LONGEST_TITLE)
    points = _points()
    due_at = MomentField(label="Due")

    def __init__(self, exercise: Choice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=exercise.slug, heading=exercise.title, **kwargs)
        self.exercise = exercise
        self.fields["own_title"].widget.attrs["placeholder"] = exercise.title


class DatesRow(_Row):
    """The dates of an assignment."""

    opens_at = MomentField(label="Opens")
    due_at = MomentField(label="Due")
    closes_at = MomentField(label="Closes")

    def __init__(self, assignment: Assignment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=str(assignment.pk), heading=assignment.title, **kwargs)
        self.assignment = assignment

    @property
    def was_due(self) -> str:
        """When the assignment is due now, in words."""
        due_at = self.assignment.due_at
        return in_words(due_at, self.assignment.course.zone) if due_at else ""

    def moments(self, *, old: ZoneInfo, new: ZoneInfo) -> dict[str, datetime | None]:
        """Return the valid dates, with the seconds of the assignment if the clocks of both zones show the same time."""
        former = {name: getattr(self.assignment, name) for name in MOMENTS}
        return {name: _with_seconds(self.cleaned_data[name], former[name], old, new) for name in MOMENTS}


class EditRow(DatesRow):
    """What can be changed in many assignments at once."""

    own_title = forms.CharField(label="Own title", required=False, max_length=LONGEST_TITLE)
    points = _points()
    is_draft = forms.BooleanField(label="Draft", required=False)
    field_order = ["own_title", "points", "opens_at", "due_at", "closes_at", "is_draft"]

    def __init__(self, assignment: Assignment, *args: Any, **kwargs: Any) -> None:
        super().__init__(assignment, *args, **kwargs)
        if not assignment.own_title:
            self.fields["own_title"].widget.attrs["placeholder"] = assignment.title


def plain(points: float) -> float | int:
    """Return points as a field shows them: 100 and not 100.0."""
    return int(points) if points == int(points) else points


def are_valid(rows: Sequence[_Row]) -> bool:
    """Whether all rows are valid. All are asked, so that each shows its own errors."""
    return not [row for row in rows if not row.is_valid()]


def _with_seconds(new: datetime | None, former: datetime | None, old_zone: ZoneInfo, zone: ZoneInfo) -> datetime | None:
    """Return a time of a form, which has no seconds, with those of the former time if hour and minute are the same.

    If the day is the same too, it is the former time: of a time that exists twice, it can be the first.
    """
    if new is None or former is None:
        return new
    clock, local = former.astimezone(old_zone), new.astimezone(zone)
    if zone == old_zone and f"{local:{FORMAT}}" == f"{clock:{FORMAT}}":
        return former
    if (local.hour, local.minute) != (clock.hour, clock.minute):
        return new
    return new.replace(second=clock.second, microsecond=clock.microsecond)
