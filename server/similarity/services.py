"""Comparing submissions: one assignment per task, so that new reports and a worker restart never wait long."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.visibility import everybody
from server.gradebook.models import Assignment, Grade
from server.queue import LAST, publish, publish_after_commit
from server.similarity.compare import Alike, compare
from server.similarity.models import Comparison, Pair

STEP = "similarity.step"
# The most pairs that are stored per assignment: nobody looks at more.
MOST_PAIRS = 50
# If a comparison made no step for this long, its next task was lost.
LOST_AFTER = timedelta(minutes=2)


@transaction.atomic
def start(course: Course, *, by: User) -> Comparison:
    """Start to compare the submissions of students that count, in every assignment of a course."""
    todo = list(course.assignments.values_list("pk", flat=True))
    comparison = Comparison.objects.create(course=course, by=by, todo=todo)
    continue_after_commit(comparison)
    return comparison


@transaction.atomic
def step(pk: int) -> None:
    """Compare one assignment and queue the next step."""
    comparison = Comparison.objects.select_for_update().get(pk=pk)
    if comparison.is_over:
        return
    assignment = Assignment.objects.filter(pk=comparison.todo[0]).first()
    if assignment is not None:
        Pair.objects.bulk_create(_pair(comparison, assignment, one) for one in _alike(assignment)[:MOST_PAIRS])
    comparison.done, comparison.todo = [*comparison.done, comparison.todo[0]], comparison.todo[1:]
    comparison.save(update_fields=["done", "todo", "touched_at"])
    if not comparison.is_over:
        continue_after_commit(comparison)


def reconcile() -> int:
    """Continue the comparisons whose next task was lost; return how many."""
    lost = [one for one in Comparison.objects.filter(touched_at__lt=timezone.now() - LOST_AFTER) if not one.is_over]
    for comparison in lost:
        comparison.save(update_fields=["touched_at"])
        publish(STEP, comparison.pk, priority=LAST)
    return len(lost)


def continue_after_commit(comparison: Comparison) -> None:
    """Publish the next step after the commit; `reconcile` does it again if the task gets lost."""
    publish_after_commit(STEP, comparison.pk, priority=LAST)


def _alike(assignment: Assignment) -> list[Alike]:
    counted = Grade.objects.filter(everybody(assignment.course).by_students(), assignment=assignment)
    counted = counted.exclude(counted=None)
    sources = dict(counted.values_list("counted", "counted__source"))
    return compare(sources, starter=assignment.content.starter)


def _pair(comparison: Comparison, assignment: Assignment, one: Alike) -> Pair:
    return Pair(
        comparison=comparison,
        assignment=assignment,
        left_id=one.left,
        right_id=one.right,
        share=one.share,
        shared=one.shared,
        left_lines=one.left_lines,
        right_lines=one.right_lines,
    )
