"""Three weeks of the demo course: right answers, mistakes, late work, a wrong check and its correction.

Everything goes through the same services as real use, and every report comes from the grader.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from grader.packages.catalogue import Package, exercises_folder, find_package
from server.accounts.models import User
from server.comments.services import comment
from server.courses.models import Course
from server.demo.people import name_of
from server.demo.plan import DAY, Act, PlannedExercise, plan, students
from server.demo.reports import SEED, reports_of, samples
from server.gradebook.models import Action, Assignment, Grade
from server.gradebook.services import change_terms, decide, undo
from server.regrade_requests.models import RequestState
from server.regrade_requests.services import answer, ask
from server.regrades import services as regrades
from server.regrades.models import Regrade
from server.similarity import services as similarity
from server.submissions import services
from server.submissions.models import State, Submission

# These students have no work: visitors sign in as the first ones, and `grade_samples` hands in as the last.
FRESH = ("student1", "student2", "student3", "student60")
# When each unit begins and is due, in days from today.
UNITS = {
    "tracking": (-21, -14),
    "gradients": (-15, -4),
    "derivatives": (-8, -1),
    "training": (-5, 2),
    "nets": (-3, 5),
    "optimizers": (-2, 8),
}
LATER = (10, 17)
# So many submissions are written in one transaction; then other writers have so many seconds.
PORTION, BREATH = 20, 0.02
# The exercise with a wrong check, the right and the wrong code of the check, and the day of its correction.
BROKEN = "gradients/sum-of-matrix"
BROKEN_CODE = ("matrix.shape == (3, 3)", "matrix.shape == (4, 4)")
FIXED = -6

Reports = dict[str, dict[str, Any]]
Print = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """The answers of an exercise and their reports; `broken` are the reports of the version with the wrong check."""

    sources: dict[str, str]
    reports: Reports
    broken: Reports


def play(course: Course, *, say: Print) -> None:
    """Add three weeks of work to a course with accounts and assignments. Raises NoGrader if none can run."""
    now = timezone.now()
    assignments = {one.slug: one for one in course.assignments.select_related("course") if _has_work(one)}
    material = {slug: _material(one, say) for slug, one in assignments.items()}
    instructor, ta = User.objects.get(username="instructor"), User.objects.get(username="ta")
    with transaction.atomic():
        people = _people()
        _schedule(course, by=instructor, now=now)
    acts = _acts(people, assignments, material, now)
    for start in range(0, len(acts), PORTION):
        # Visitors hand in meanwhile: SQLite has one writer at a time.
        with transaction.atomic():
            _play(acts[start : start + PORTION], people, assignments, material, now)
        time.sleep(BREATH)
    say(f"{len(acts)} submissions handed in")
    with transaction.atomic():
        _extend_the_fresh(course, by=instructor, now=now)
        _fix(assignments, material, by=instructor)
        _decide(course, by=instructor, now=now)
        _comment(course, by=ta)
        _ask_for_regrades(course, by=instructor)
        _compare(course, by=instructor)


def _has_work(assignment: Assignment) -> bool:
    return not assignment.library and assignment.unit in UNITS and assignment.content.runtime == "cpu"


def _material(assignment: Assignment, say: Print) -> Material:
    package = find_package(assignment.exercise)
    sources = samples(package)
    say(f"grading the {len(sources)} answers of {package.slug}")
    broken = _broken_reports(package, sources) if package.slug == BROKEN else {}
    return Material(sources=sources, reports=reports_of(package, sources), broken=broken)


def _broken_reports(package: Package, sources: dict[str, str]) -> Reports:
    """Return the reports of a copy of the exercise that has the wrong check."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "exercises"
        folder = root / package.folder.relative_to(exercises_folder())
        shutil.copytree(package.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
        checks = folder / "checks.py"
        right, wrong = BROKEN_CODE
        words = checks.read_text(encoding="utf-8")
        if right not in words:
            return {}  # the exercise has changed: the story leaves this part out
        checks.write_text(words.replace(right, wrong), encoding="utf-8")
        return reports_of(Package(package.slug, folder), sources, root=root)


def _people() -> dict[str, User]:
    users = User.objects.filter(is_demo=True, username__startswith="student").exclude(username__in=FRESH)
    for user in users:
        user.first_name, user.last_name = name_of(int(user.username.removeprefix("student")))
        user.save(update_fields=["first_name", "last_name"])
    return {user.username: user for user in users}


def _schedule(course: Course, *, by: User, now: datetime) -> None:
    for assignment in course.assignments.select_related("course"):
        _, due = UNITS.get(assignment.unit, LATER)
        assignment.due_at = _day(now, due)
        assignment.late_percent_per_day, assignment.late_percent_cap, assignment.grace_minutes = 10, 50, 60
        change_terms(assignment, by=by, why="The dates of this term")


def _day(now: datetime, days: int) -> datetime:
    return (now + days * DAY).replace(hour=22, minute=0, second=0, microsecond=0)


def _acts(
    people: dict[str, User], assignments: dict[str, Assignment], material: dict[str, Material], now: datetime
) -> list[Act]:
    random = Random(SEED)  # noqa: S311 a story, not a secret
    exercises = [
        PlannedExercise(
            slug=slug,
            begins=_day(now, UNITS[one.unit][0]),
            due=_day(now, UNITS[one.unit][1]),
            right=[name for name in material[slug].sources if not name.startswith("mistakes/")],
            wrong=[name for name in material[slug].sources if name.startswith("mistakes/")],
        )
        for slug, one in assignments.items()
    ]
    ways = students(sorted(people, key=lambda name: int(name.removeprefix("student"))), random=random)
    return plan(ways, exercises, now=now - timedelta(minutes=5), random=random)


def _play(
    story: list[Act],
    people: dict[str, User],
    assignments: dict[str, Assignment],
    material: dict[str, Material],
    now: datetime,
) -> None:
    for act in story:
        of = material[act.slug]
        is_broken = bool(of.broken) and act.at < _day(now, FIXED)
        report = (of.broken if is_broken else of.reports)[act.answer]
        submission = services.take_in(
            learner=people[act.student],
            assignment=assignments[act.slug],
            source=of.sources[act.answer],
            now=act.at,
            seed=SEED,
        )
        if is_broken:
            Submission.objects.filter(pk=submission.pk).update(digest=report["digest"])
        done = act.at + timedelta(seconds=1 + report["seconds"])
        services.record(submission=str(submission.pk), token=submission.token, report=report, now=done)


def _extend_the_fresh(course: Course, *, by: User, now: datetime) -> None:
    for user in User.objects.filter(username__in=FRESH):
        for assignment in course.assignments.filter(due_at__lt=now + 7 * DAY).select_related("course"):
            why = "Joined the course in its fourth week"
            decide(assignment, user, action=Action.EXTENDED, by=by, why=why, due_at=_day(now, 21))


def _fix(assignments: dict[str, Assignment], material: dict[str, Material], *, by: User) -> None:
    """Correct the wrong check: regrade everything and apply the new scores."""
    if not material.get(BROKEN) or not material[BROKEN].broken:
        return
    why = "The check of make_matrix asked for a 4 x 4 matrix. The check is corrected."
    regrade = regrades.start(assignments[BROKEN].course, [assignments[BROKEN]], by=by, why=why)
    _answer(regrade, material[BROKEN])
    regrades.apply(regrade, by=by)


def _answer(regrade: Regrade, material: Material) -> None:
    names = {source: name for name, source in material.sources.items()}
    for rerun in regrade.reruns.select_related("submission").filter(state=State.QUEUED):
        report = material.reports[names[rerun.submission.source]]
        regrades.record(submission=str(rerun.pk), token=rerun.token, report=report)


def _decide(course: Course, *, by: User, now: datetime) -> None:
    grades = Grade.objects.filter(assignment__course=course, used__gt=0).select_related("assignment__course", "learner")
    stuck = list(grades.filter(passed_after=None, used__gte=3).order_by("-used", "pk")[:3])
    late = list(grades.filter(penalty__gt=0).order_by("-penalty", "pk")[:3])
    for grade, why in zip(late[:2], ("Ill, with a note", "The network of the dormitory was down"), strict=False):
        due = max((grade.assignment.due_at or now) + 3 * DAY, _day(now, 2))
        decide(grade.assignment, grade.learner, action=Action.EXTENDED, by=by, why=why, due_at=due)
    for grade in stuck[:1]:
        why = "Explained the right answer in the exercise class"
        points = 0.8 * grade.assignment.points
        decide(grade.assignment, grade.learner, action=Action.OVERRIDDEN, by=by, why=why, override=points)
    for grade in stuck[1:2]:
        why = "Did this in last year's course"
        decide(grade.assignment, grade.learner, action=Action.EXEMPTED, by=by, why=why, exempt=True)
    for grade in stuck[2:3]:
        points = grade.assignment.points
        change = decide(
            grade.assignment, grade.learner, action=Action.OVERRIDDEN, by=by, why="Oral exam", override=points
        )
        if change:
            undo(change, by=by, why="That was another student's exam")


COMMENTS = (
    "Nearly there. Compare the shape of your gradient with the shape of the input.",
    "Look at the first failed check only; the others follow from it.",
    "Nice and short. Can you say why no graph is needed here?",
    "Come to my office hour on Thursday, and bring this one.",
)


# About a line: what the teacher asks, what the learner answers, and what the teacher writes then.
THREAD = (
    "What is the shape of this value? Try `print(x.shape)` before it.",
    "It is `(3,)`. Must it be the shape of the *input*?",
    "Yes: the gradient of $f$ has the shape of $x$.\n\n```python\nassert x.grad.shape == x.shape\n```",
)
REASONS = (
    "I think that my gradient is right. On paper I get $2x$, too.",
    "The check about the shape fails, but the exercise says that any shape is fine.",
)
ANSWER = "You are right: the statement was not clear. You get the points of this check."


def _comment(course: Course, *, by: User) -> None:
    """Comment on the weakest work, and talk with one of its learners about the last line of the code."""
    worst = _worst(course)[: len(COMMENTS)]
    for submission, text in zip(worst, COMMENTS, strict=True):
        comment(submission, author=by, text=text)
    about = worst[0]
    last = len(about.source.rstrip("\n").split("\n"))
    asks, answers, ends = THREAD
    for author, text in ((by, asks), (about.learner, answers), (by, ends)):
        comment(about, author=author, text=text, lines=(last, last))
    comment(worst[1], author=worst[1].learner, text="May I hand in again after the deadline?")


def _worst(course: Course) -> list[Submission]:
    """Return the submissions that count of the weakest grades."""
    grades = Grade.objects.filter(assignment__course=course, counted__isnull=False).order_by("raw", "-used", "pk")
    found = grades.select_related("counted__learner", "counted__assignment__course")
    return [grade.counted for grade in found[:20] if grade.counted]


def _ask_for_regrades(course: Course, *, by: User) -> None:
    """Let two learners ask for a regrade, and answer the second. The course gives them long enough for it."""
    course.regrade_request_days = 30
    course.save(update_fields=["regrade_request_days"])
    one_each = list({submission.learner_id: submission for submission in reversed(_worst(course))}.values())
    for submission, reason in zip(one_each, REASONS, strict=False):
        submission.assignment.course = course
        request = ask(submission, by=submission.learner, reason=reason)
    points = min(submission.assignment.points, submission.fraction * submission.assignment.points + 10)
    answer(request, by=by, decision=RequestState.CHANGED, text=ANSWER, points=points)


def _compare(course: Course, *, by: User) -> None:
    comparison = similarity.start(course, by=by)
    for _ in range(comparison.total):
        similarity.step(comparison.pk)
