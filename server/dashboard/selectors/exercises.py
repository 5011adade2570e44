"""All exercises, the result of their quality checks, and how many scores come from an earlier version."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count

from server.catalogue.exercises import ExerciseText, readable_exercises
from server.courses.visibility import VisiblePeople
from server.dashboard.models import Verification
from server.gradebook.models import Assignment
from server.submissions.models import Kind, State, Submission


class QualityState(StrEnum):
    """The result of the quality checks (`python -m grader verify`) for the present version of an exercise."""

    PASSED = "Passed"
    FAILED = "Failed"
    OUTDATED = "Changed since the last run"
    NEVER = "Not run on this server"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """An exercise of the catalogue. `older` counts the submissions that an earlier version graded."""

    exercise: ExerciseText
    verified: QualityState
    verification: Verification | None
    assignment: Assignment | None
    older: int


def exercises(people: VisiblePeople) -> list[Listed]:
    """Return every exercise that can be read, with what one course made of it. Three queries."""
    course = people.course
    verifications = {one.slug: one for one in Verification.objects.all()}
    assignments = {one.exercise: one for one in course.assignments.filter(package=None).select_related("course")}
    theirs = Submission.objects.filter(people.about(), assignment__course=course)
    graded = theirs.filter(kind=Kind.SUBMIT, state=State.GRADED, library="").order_by()
    versions = graded.values("exercise", "digest").annotate(count=Count("pk"))
    found = readable_exercises()
    return [
        Listed(
            exercise=one,
            verified=verified(one, verifications.get(one.slug)),
            verification=verifications.get(one.slug),
            assignment=assignments.get(one.slug),
            older=sum(v["count"] for v in versions if v["exercise"] == one.slug and v["digest"] != one.digest),
        )
        for one in found
    ]


def verified(exercise: ExerciseText, verification: Verification | None) -> QualityState:
    """Return the result of the quality checks for this version of an exercise."""
    if verification is None:
        return QualityState.NEVER
    if verification.digest != exercise.digest:
        return QualityState.OUTDATED
    return QualityState.PASSED if verification.passed else QualityState.FAILED
