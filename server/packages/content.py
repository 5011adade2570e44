"""The texts of packages for pages, from the cache of this process; else from the database, with one query."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from grader.errors import PackageError
from server.catalogue import versions
from server.catalogue.exercises import BrokenExercise, ExerciseText
from server.catalogue.lessons import LessonText, lesson_texts
from server.courses.models import Course
from server.packages.models import CoursePackage, PackageKind, Version
from server.packages.selectors import usable_packages


def exercise_text(slug: str, digest: str, library: str, *, learner: int = 0) -> ExerciseText:
    """Return a course's exercise in one version, as a learner reads it. Raises PackageError if it is broken."""
    return versions.own_exercise(
        slug,
        digest,
        library,
        learner=learner,
        archive=lambda: archive_of(digest),
        variants=lambda: _variants_of(digest),
    )


def exercise_title(slug: str, digest: str, library: str) -> str:
    """Return the title of a course's exercise in one version. Raises PackageError if it is broken."""
    return versions.title_of_own(slug, digest, library, archive=lambda: archive_of(digest))


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnExercise:
    """A published exercise that a course can set: its own, or one shared with it. `choice` names it in a form."""

    package: CoursePackage
    text: ExerciseText

    @property
    def choice(self) -> str:
        """What a form sends for it. No slug looks like this."""
        return f"package-{self.package.pk}"

    @property
    def title(self) -> str:
        """Its title."""
        return self.text.title


def own_exercises(course: Course) -> list[OwnExercise]:
    """Return the exercises of packages that a course can set; those that cannot be read are left out.

    One query, and one for each version that this process has not read yet.
    """
    found = []
    for one in usable_packages(course, PackageKind.EXERCISE):
        with suppress(PackageError):
            text = exercise_text(one.slug, str(one.published_id), one.library)
            found.append(OwnExercise(package=one, text=text))
    return found


def broken_packages(course: Course) -> list[BrokenExercise]:
    """Return the published exercises that a course can set and that cannot be read, for staff."""
    found = []
    for one in usable_packages(course, PackageKind.EXERCISE):
        try:
            exercise_text(one.slug, str(one.published_id), one.library)
        except PackageError as error:
            found.append(BrokenExercise(slug=f"{one.slug}, of {one.course.title}", problem=str(error)))
    return found


def lessons_of(course: Course) -> list[LessonText]:
    """Return the lessons of a course: the installation's, then its own and shared ones, in the order of their slugs.

    A lesson of a course that cannot be read is left out. Raises PackageError if one of the installation is malformed.
    """
    library = lesson_texts()
    first = 1 + max((lesson.number for lesson in library), default=0)
    own = _own_lessons(course)
    return [*library, *(replace(lesson, number=number) for number, lesson in enumerate(own, start=first))]


def lessons_about(course: Course, exercise: str, *, library: str) -> list[LessonText]:
    """Return the lessons that lead to an exercise; none if lessons cannot be read: their own page says why.

    In a lesson of a course, a slug means the course's own exercise before that of the installation.
    """
    try:
        found = [lesson for lesson in lessons_of(course) if exercise in lesson.exercises]
    except PackageError:
        return []
    return [lesson for lesson in found if lesson.library or not library]


def _own_lessons(course: Course) -> list[LessonText]:
    rows = usable_packages(course, PackageKind.LESSON)
    found: dict[str, LessonText] = {}
    # The course's own come first: of two lessons with one slug, that one is shown.
    for one in sorted(rows, key=lambda one: (one.course_id != course.pk, one.slug, one.pk)):
        digest = str(one.published_id)
        with suppress(PackageError):
            lesson = versions.own_lesson(one.slug, digest, one.library, archive=partial(archive_of, digest))
            found.setdefault(lesson.slug, lesson)
    return sorted(found.values(), key=lambda lesson: lesson.slug)


def archive_of(digest: str) -> bytes:
    """Return the archive of a version. Raises PackageError if it is not stored."""
    found = Version.objects.filter(pk=digest).values_list("archive", flat=True).first()
    if found is None:
        raise PackageError(f"The version {digest[:12]} is not stored any more.")
    return bytes(found)


def _variants_of(digest: str) -> Sequence[Mapping[str, float]] | None:
    return Version.objects.filter(pk=digest).values_list("variants", flat=True).first()
