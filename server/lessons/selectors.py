"""Reading lessons and runs. Http404 if a person lacks the permission."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.catalogue.lessons import LessonText, Piece
from server.courses.models import Course
from server.lessons.models import SnippetRun
from server.packages.content import lessons_of
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


def get_lesson(course: Course, slug: str) -> LessonText:
    """Return the lesson of a slug in a course, or raise Http404."""
    return lesson_in(lessons_of(course), slug)


def lesson_in(lessons: Sequence[LessonText], slug: str) -> LessonText:
    """Return the lesson of a slug, or raise Http404."""
    lesson = next((one for one in lessons if one.slug == slug), None)
    if lesson is None:
        raise Http404
    return lesson


def shelves(user: User, course: Course) -> list[Shelf]:
    """Return every lesson, with the reader's status in its exercises."""
    found = _statuses(user, course)
    return [
        Shelf(lesson=lesson, statuses=[one for slug in lesson.exercises if (one := _meant(found, lesson, slug))])
        for lesson in lessons_of(course)
    ]


def paragraphs(user: User, course: Course, lesson: LessonText) -> list[Paragraph]:
    """Return a lesson piece by piece, as a reader sees it in a course."""
    found = _statuses(user, course)
    return [Paragraph(piece=piece, status=_meant(found, lesson, piece.exercise)) for piece in lesson.pieces]


Statuses = dict[tuple[bool, str], AssignmentStatus]


def _statuses(user: User, course: Course) -> Statuses:
    """Return the statuses by whether the exercise is a course's own, and by its slug."""
    return {(bool(one.assignment.library), one.assignment.exercise): one for one in statuses(user, course)}


def _meant(found: Statuses, lesson: LessonText, slug: str) -> AssignmentStatus | None:
    """Return the exercise that a lesson means: in a lesson of a course, its own before one of the installation."""
    own = found.get((True, slug)) if lesson.library else None
    return own or found.get((False, slug))


def get_run(user: User, pk: UUID) -> SnippetRun:
    """Return a reader's own run, in a course that they are still in, or raise Http404."""
    run = get_object_or_404(SnippetRun.objects.select_related("course"), pk=pk, learner=user)
    if not user.has_perm("courses.view", run.course):
        raise Http404
    return run
