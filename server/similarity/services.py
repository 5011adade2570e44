"""Comparing submissions: one assignment per task, so that new reports and a worker restart never wait long."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.visibility import everybody
from server.gradebook.models import Assignment, Grade
from server.queue import LAST, publish, publish_after_commit
from server.similarity.compare import Alike, Cluster, compare
from server.similarity.models import Comparison, Pair

STEP = "similarity.step"
# The most clusters that are stored per assignment, and pairs per cluster: nobody looks at more.
MOST_CLUSTERS, MOST_PAIRS = 50, 100
# If a comparison made no step for this long, its next task was lost.
LOST_AFTER = timedelta(minutes=2)


@transaction.atomic
def start(course: Course, *, by: User, earlier: Iterable[Course] = ()) -> Comparison:
    """Start to compare the submissions of students that count, in every assignment of a course.

    `earlier` are courses whose submissions to the same exercises are compared, too. Those that the person does not
    teach are left out.
    """
    taught = [one.pk for one in earlier if one != course and by.has_perm("similarity.view", one)]
    todo = list(course.assignments.values_list("pk", flat=True))
    comparison = Comparison.objects.create(course=course, by=by, todo=todo, earlier=taught)
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
        clusters = _clusters(assignment, comparison.earlier or [])[:MOST_CLUSTERS]
        Pair.objects.bulk_create(
            _pair(comparison, assignment, one, number)
            for number, cluster in enumerate(clusters)
            for one in cluster.pairs[:MOST_PAIRS]
        )
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


def _clusters(assignment: Assignment, earlier: list[int]) -> list[Cluster]:
    sources, authors = _sources([assignment])
    same = Assignment.objects.filter(course__in=earlier, exercise=assignment.exercise, library=assignment.library)
    same = same.select_related("course")
    former, their_authors = _sources(same)
    return compare(sources, starter=assignment.content.starter, earlier=former, authors=authors | their_authors)


def _sources(assignments: Iterable[Assignment]) -> tuple[dict[UUID, str], dict[UUID, int]]:
    """Return the submissions of students that count, and who wrote each."""
    sources, authors = {}, {}
    for one in assignments:
        counted = Grade.objects.filter(everybody(one.course).by_students(), assignment=one).exclude(counted=None)
        for pk, source, learner in counted.values_list("counted", "counted__source", "learner"):
            sources[pk], authors[pk] = source, learner
    return sources, authors


def _pair(comparison: Comparison, assignment: Assignment, one: Alike, cluster: int) -> Pair:
    return Pair(
        comparison=comparison,
        assignment=assignment,
        left_id=one.left,
        right_id=one.right,
        cluster=cluster,
        share=one.share,
        shared=one.shared,
        left_lines=one.left_lines,
        right_lines=one.right_lines,
    )
