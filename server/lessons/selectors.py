"""Reading lessons and runs. Http404 if a person lacks the permission."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.catalogue.lessons import LessonText, Piece, find_lesson_text, lesson_texts
from server.courses.models import Course
from server.lessons.models import SnippetRun
from server.submissions.statuses import AssignmentStatus, statuses


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """A lesson in the list, with the statuses of those of its exercises that the course sets."""

    lesson: LessonText
    statuses: list[AssignmentStatus]

    @property
    def passed(self) -> int:
        """How many of its exercises have every point."""
        return sum(status.passed for status in self.statuses)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """A piece of a lesson for one reader; an exercise that the course does not set has no status."""

    piece: Piece
    status: AssignmentStatus | None = None


def get_lesson(slug: str) -> LessonText:
    """Return the lesson of a slug, or raise Http404."""
    lesson = find_lesson_text(slug)
    if lesson is None:
        raise Http404
    return lesson


def shelves(user: User, course: Course) -> list[Shelf]:
    """Return every lesson, with the reader's status in its exercises."""
    by_exercise = _statuses(user, course)
    return [
        Shelf(lesson=lesson, statuses=[by_exercise[slug] for slug in lesson.exercises if slug in by_exercise])
        for lesson in lesson_texts()
    ]


def paragraphs(user: User, course: Course, lesson: LessonText) -> list[Paragraph]:
    """Return a lesson piece by piece, as a reader sees it in a course."""
    by_exercise = _statuses(user, course)
    return [Paragraph(piece=piece, status=by_exercise.get(piece.exercise)) for piece in lesson.pieces]


def _statuses(user: User, course: Course) -> dict[str, AssignmentStatus]:
    return {status.assignment.exercise: status for status in statuses(user, course)}


def get_run(user: User, pk: UUID) -> SnippetRun:
    """Return a reader's own run, in a course that they are still in, or raise Http404."""
    run = get_object_or_404(SnippetRun.objects.select_related("course"), pk=pk, learner=user)
    if not user.has_perm("courses.view", run.course):
        raise Http404
    return run
