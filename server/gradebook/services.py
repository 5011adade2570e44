"""Every write to a grade. Each leaves a GradeChange with who, when, why, old and new.

refresh         compute grades again after a submission changed
decide          an instructor overrides, exempts or extends
undo            takes a decision back, unless another came after it
change_terms    changes the terms of an assignment, and with them its grades
refresh_course  computes the grades in all assignments of a course again

For assignments themselves: `set_exercise` adds one, `follow` and `stay` choose the version of a course's own exercise,
`set_draft` publishes one or makes it a draft again, `withdraw` removes one that nobody worked on. `releases` releases
results that were held back.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.forms.models import model_to_dict
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.common.local_times import check_year
from server.courses.models import Course
from server.gradebook import slip_days
from server.gradebook.errors import Invalid, Overtaken, TitleTaken
from server.gradebook.models import Action, Assignment, Grade, GradeChange
from server.gradebook.rules import Attempt, Decision, MoreTime, grade, points_that_count, terms_for
from server.gradebook.selectors import more_time_on, with_more_time
from server.gradebook.signals import grade_changed, results_released
from server.gradebook.states import DECIDED, decision_in, state_of
from server.gradebook.words import decision_change, terms_change
from server.packages.models import CoursePackage, PackageVersion
from server.packages.selectors import usable_packages
from server.packages.services import has_passed

if TYPE_CHECKING:
    from server.submissions.models import Submission

AUDITED = {
    Action.OVERRIDDEN: AuditAction.OVERRIDDEN,
    Action.EXEMPTED: AuditAction.EXEMPTED,
    Action.EXTENDED: AuditAction.EXTENDED,
    Action.UNDONE: AuditAction.UNDONE,
}
SHARED_AGAIN = "The slip days of the course were shared out again."
POINTS = ["slip_days", "counted", "raw", "penalty", "final"]
RESULTS = [*POINTS, "used", "first_at", "last_at", "passed_after", "passed_at"]


@transaction.atomic(savepoint=False)
def refresh(
    assignment: Assignment,
    learners: Collection[User | int] | None = None,
    *,
    action: Action = Action.GRADED,
    why: str = "",
    by: User | None = None,
    now: datetime | None = None,
    undoes: GradeChange | None = None,
    locked: bool = False,
) -> list[GradeChange]:
    """Compute grades again from the submissions, for all learners if none are named; return the changes.

    If nothing changed, nothing is written. Changes in other assignments are among them, if slip days move. `undoes` is
    the change that a single learner's new grade takes back. With `locked`, the caller has locked the learners' rows.
    If it raises, the caller's whole transaction must be rolled back.
    """
    whom = None if learners is None else {one.pk if isinstance(one, User) else one for one in learners}
    if not locked:
        _lock_pools(assignment.course, whom)
    shares = slip_days.shares(assignment.course, whom)
    about: dict[str, Any] = {"action": action, "why": why, "by": by, "now": now, "undoes": undoes}
    changes = _refresh_one(assignment, whom, shares, locked=locked, **about)
    return changes + _follow(assignment, shares, by=by, now=now)


def _refresh_one(
    assignment: Assignment,
    whom: Collection[int] | None,
    shares: slip_days.Shares,
    *,
    locked: bool = False,
    **about: Any,
) -> list[GradeChange]:
    # Everybody who changes a grade or adds an attempt to it locks it first. So the attempts are read after the lock.
    rows = {row.learner_id: row for row in _locked(assignment, whom)}
    work_of = _graded_work(assignment, whom)
    fresh = work_of.keys() - rows.keys()
    if fresh and not locked:
        rows |= {row.learner_id: row for row in _found_or_reserved(assignment, fresh)}
        work_of |= _graded_work(assignment, fresh)
        fresh -= rows.keys()
    changes = []
    for row in [*rows.values(), *(Grade(assignment=assignment, learner_id=one) for one in sorted(fresh))]:
        before, results = state_of(row), _results(row)
        row.slip_days = shares.get(row.learner_id, {}).get(assignment.pk, 0)
        _compute(row, assignment, work_of[row.learner_id])
        if row._state.adding:
            row.save(force_insert=True)
        elif _results(row) != results:
            row.save(update_fields=[*RESULTS, "updated_at"])
        changes += _record_change(row, before, **about)
    return changes


def _follow(
    assignment: Assignment, shares: slip_days.Shares, *, by: User | None, now: datetime | None = None
) -> list[GradeChange]:
    """Compute the grades in other assignments whose slip days moved because of this one; return the changes."""
    moved = slip_days.stale(assignment.course, shares, besides=assignment) if shares else {}
    return [
        change
        for other, whom in moved.items()
        for change in _refresh_one(other, whom, shares, action=Action.TERMS, why=SHARED_AGAIN, by=by, now=now)
    ]


def _lock_pools(course: Course, learners: Collection[int] | None) -> None:
    """Let changes of a learner's grades in a course with slip days happen one after another.

    The pool is one for all assignments: two reports at a time must not both use its last day.
    """
    if course.slip_days:
        _lock_learners(course.enrollments.values("user") if learners is None else list(learners))


def _lock_learners(learners: Any) -> None:
    list(User.objects.select_for_update(no_key=True).filter(pk__in=learners).order_by("pk").values_list("pk"))


@transaction.atomic
def decide(
    assignment: Assignment,
    learner: User,
    *,
    action: Action,
    by: User,
    why: str,
    now: datetime | None = None,
    **decided: Any,
) -> GradeChange | None:
    """Override, exempt or extend for one learner; None if that changes nothing.

    `decided` are fields of `Decision`. Raises Invalid without a reason, or if the points are not between 0 and the
    most that the assignment allows, or if a date is in the past or gives no more time.
    """
    if not why.strip():
        raise Invalid("Give a reason: it is kept with the grade.")
    _lock_pools(assignment.course, [learner.pk])
    row = _row(assignment, learner.pk)
    decision = replace(row.decision, **decided)
    _check(decision, row.decision, assignment, now=now or timezone.now())
    return _apply(row, decision, action=action, by=by, why=why)


@transaction.atomic
def undo(change: GradeChange, *, by: User, why: str) -> GradeChange | None:
    """Restore the decision from before a change. Raises Overtaken if another decision came after it."""
    if not change.is_decision:
        raise Invalid("Only a decision can be undone. Override the grade instead.")
    _lock_pools(change.assignment.course, [change.learner_id])
    row = _row(change.assignment, change.learner_id)
    # Checked under the lock: two people can press the button at the same time.
    if GradeChange.objects.filter(undoes=change).exists() or row.decision != decision_in(change.new):
        raise Overtaken("This grade was changed again since. Undo the later change first.")
    return _apply(row, decision_in(change.old), action=Action.UNDONE, by=by, why=why, undoes=change)


@transaction.atomic
def change_terms(assignment: Assignment, *, by: User | None, why: str = "The terms were changed.") -> list[GradeChange]:
    """Save an assignment with its new terms, and compute its grades again; return the changes.

    If no field differs, nothing is written. Raises TitleTaken.
    """
    former = Assignment.objects.select_for_update().filter(pk=assignment.pk).first()
    if former is not None:
        # Publishing can have changed it since the terms were read.
        assignment.version_id, assignment.stays = former.version_id, former.stays
    if former is None or _title(former) != _title(assignment):
        _require_own_title(assignment)
    if former is not None and model_to_dict(former) == model_to_dict(assignment):
        return []
    is_release = former is not None and former.results_held and not assignment.results_held
    if is_release:
        assignment.release_at, assignment.released_at = None, timezone.now()
    assignment.save()
    before, after = terms_change(former, assignment)
    changes = refresh(assignment, action=Action.TERMS, by=by, why=why)
    if is_release:
        results_released.send(sender=Assignment, assignment=assignment)
    if before != after:
        count = f"{len(changes)} grades changed"
        record(
            AuditAction.TERMS_CHANGED,
            course=assignment.course,
            by=by,
            what=assignment.slug,
            before=before,
            after=after,
            why=count,
        )
    return changes


@transaction.atomic
def refresh_course(
    course: Course, learners: Collection[int] | None = None, *, by: User | None, why: str
) -> list[GradeChange]:
    """Compute the grades in every assignment of a course again, because a rule for all of them changed.

    All locks are taken first and in one order, by key. The slip days are shared out once.
    """
    _lock_pools(course, learners)
    grades = Grade.objects.select_for_update(of=("self",)).filter(assignment__course=course)
    grades = grades if learners is None else grades.filter(learner__in=learners)
    list(grades.order_by("pk").values_list("pk"))
    shares = slip_days.shares(course, learners)
    about: dict[str, Any] = {"action": Action.TERMS, "by": by, "why": why}
    changes = []
    for assignment in course.assignments.all():
        assignment.course = course
        changes += _refresh_one(assignment, learners, shares, **about)
    return changes


@transaction.atomic
def set_exercise(assignment: Assignment, *, package: CoursePackage | None = None) -> Assignment:
    """Add an assignment to its course, after the others. Raises Invalid if its slug or its own title is taken.

    If it has no own title and the exercise's is taken, it gets one with a number. With `package`, the exercise is that
    of a course: its own, or one shared with it. The assignment then follows the published version.
    """
    if package is not None:
        _use(assignment, package)
    others = Assignment.objects.select_for_update().filter(course=assignment.course)
    if any(one.slug == assignment.slug for one in others):
        raise Invalid(f"This course has an assignment called {assignment.slug} already.")
    if assignment.own_title:
        _require_own_title(assignment)
    else:
        _number_title(assignment)
    assignment.position = 1 + max((one.position for one in others), default=-1)
    assignment.save()
    record(AuditAction.ASSIGNMENT_ADDED, course=assignment.course, what=assignment.slug)
    return assignment


@transaction.atomic
def follow(assignment: Assignment, *, by: User) -> None:
    """Let an assignment use the published version of its package from now on. No grade changes."""
    _decide_version(assignment, None, by=by)


@transaction.atomic
def stay(assignment: Assignment, version: PackageVersion, *, by: User) -> None:
    """Let an assignment stay with a version of its package. No grade changes. Raises Invalid for another's version."""
    _decide_version(assignment, version, by=by)


def _decide_version(assignment: Assignment, wanted: PackageVersion | None, *, by: User) -> None:
    if assignment.package_id is None:
        raise Invalid("The exercise is the installation's: it has no versions to choose from.")
    package = CoursePackage.objects.select_for_update().get(pk=assignment.package_id)
    if wanted is not None and (wanted.package_id != package.pk or not has_passed(wanted)):
        raise Invalid("Only a version of this exercise that passed its verification can be used.")
    row = Assignment.objects.select_for_update().get(pk=assignment.pk)
    before = _version_in_words(row)
    row.version_id = wanted.version_id if wanted else package.published_id or row.version_id
    row.stays = wanted is not None
    row.save(update_fields=["version", "stays"])
    assignment.version_id, assignment.stays = row.version_id, row.stays
    after = _version_in_words(row)
    if before != after:
        record(AuditAction.TERMS_CHANGED, course=row.course, by=by, what=row.slug, before=before, after=after)


def _version_in_words(row: Assignment) -> str:
    number = PackageVersion.objects.filter(package=row.package_id, version=row.version_id).order_by("-number")
    found = number.values_list("number", flat=True).first()
    return f"{'stays with' if row.stays else 'follows, now'} version {found or str(row.version_id)[:12]}"


def _use(assignment: Assignment, package: CoursePackage) -> None:
    """Let a new assignment follow a package. Raises Invalid if the course cannot use it."""
    row = CoursePackage.objects.select_for_update().get(pk=package.pk)
    usable = usable_packages(assignment.course).filter(pk=row.pk).exists()
    if not usable or row.published_id is None:
        raise Invalid("This exercise is not published for the course. Publish it first, or ask its owner to share it.")
    assignment.package, assignment.version_id, assignment.library = row, row.published_id, row.library
    assignment.exercise = row.slug


def _require_own_title(assignment: Assignment) -> None:
    """Raise TitleTaken if another assignment of the course has this title."""
    title = _title(assignment)
    others = assignment.course.assignments.exclude(pk=assignment.pk)
    if any(other.title.casefold() == title.casefold() for other in others):
        raise TitleTaken(title)


def _number_title(assignment: Assignment) -> None:
    """Give an exercise that the course has already a title with a number, such as "Two variables (2)"."""
    taken = {other.title.casefold() for other in assignment.course.assignments.exclude(pk=assignment.pk)}
    plain, number = _title(assignment), 1
    while _title(assignment).casefold() in taken:
        number += 1
        assignment.own_title = f"{plain} ({number})"


def _title(assignment: Assignment) -> str:
    """Return the title that the present fields give; `title` itself is read once."""
    return assignment.own_title or assignment.exercise_title


@transaction.atomic
def set_draft(assignment: Assignment, *, is_draft: bool, by: User) -> None:
    """Publish a draft, or make an assignment a draft again. Raises Invalid if learners have worked on it."""
    row = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if row.is_draft == is_draft:
        return
    if is_draft and (row.submissions.exists() or row.grades.exists()):
        raise Invalid("Students have worked on it, so it cannot be a draft again. Set a closing date instead.")
    row.is_draft = assignment.is_draft = is_draft
    row.save(update_fields=["is_draft"])
    action = AuditAction.MADE_DRAFT if is_draft else AuditAction.PUBLISHED
    record(action, course=assignment.course, by=by, what=assignment.slug)


@transaction.atomic
def withdraw(assignment: Assignment) -> None:
    """Remove an assignment. Raises Invalid if it has submissions or decisions, which are kept."""
    try:
        assignment.delete()
    except ProtectedError:
        raise Invalid(
            "Students have worked on this exercise, so it cannot be removed. Set a closing date instead."
        ) from None
    record(AuditAction.ASSIGNMENT_REMOVED, course=assignment.course, what=assignment.slug)


def _check(decision: Decision, former: Decision, assignment: Assignment, *, now: datetime) -> None:
    # Written as "within", so that NaN is refused too.
    if decision.override is not None and not 0 <= decision.override <= assignment.most_points:
        bonus = f", or up to {assignment.most_points:g} with bonus points" if assignment.bonus_points else ""
        raise Invalid(f"The points must be between 0 and {assignment.points:g}{bonus}.")
    _check_extension("due date", decision.due_at, former.due_at, assignment.due_at, now)
    _check_extension("closing date", decision.closes_at, former.closes_at, assignment.closes_at, now)


def _check_extension(
    name: str, moment: datetime | None, former: datetime | None, common: datetime | None, now: datetime
) -> None:
    """Raise Invalid if a date of a learner's own gives no more time. What was decided before can stay as it is."""
    if moment is None or moment == former:
        return
    try:
        check_year(moment)
    except ValidationError as error:
        raise Invalid(f"The {name}: {error.message}") from None
    if moment <= now:
        raise Invalid(f"The {name} is in the past, so it gives no more time. Choose a later one.")
    if common is not None and moment <= common:
        raise Invalid(f"The {name} is not later than that of everybody, so it gives no more time. Choose a later one.")


def _apply(
    row: Grade, decision: Decision, *, action: Action, by: User, why: str, undoes: GradeChange | None = None
) -> GradeChange | None:
    before = state_of(row)
    shares = _set(row, decision)
    change = next(iter(_record_change(row, before, action=action, why=why, by=by, undoes=undoes)), None)
    _follow(row.assignment, shares, by=by)
    if change is not None:
        _audit(change)
    return change


def _set(row: Grade, decision: Decision) -> slip_days.Shares:
    """Give a locked row a decision and compute it; return how the learner's slip days are shared out now."""
    for name in DECIDED:
        setattr(row, name, getattr(decision, name))
    row.save(update_fields=[*DECIDED, "updated_at"])
    assignment = row.assignment
    shares = slip_days.shares(assignment.course, [row.learner_id])
    row.slip_days = shares.get(row.learner_id, {}).get(assignment.pk, 0)
    _compute(row, assignment, _graded_work(assignment, {row.learner_id})[row.learner_id])
    row.save()
    return shares


def join(row: Grade, decision: Decision, *, by: User, why: str) -> None:
    """Give a locked row another decision and compute it again, after another account's grade became a part of it.

    That is recorded even if the grade stays as it is: the latest change in the joined history must say what it is.
    For callers inside a transaction.
    """
    before = state_of(row)
    shares = _set(row, decision)
    _record_change(row, before, action=Action.MERGED, why=why, by=by, always=True)
    _follow(row.assignment, shares, by=by)


def _audit(change: GradeChange) -> None:
    before, after = decision_change(change.old, change.new)
    record(
        AUDITED[Action(change.action)],
        course=change.assignment.course,
        by=change.by,
        about=change.learner,
        what=change.assignment.slug,
        before=before,
        after=after,
        why=change.why,
    )


def _row(assignment: Assignment, learner: int) -> Grade:
    """Return a learner's grade, locked; a new one if there is none."""
    rows = _found_or_reserved(assignment, [learner])
    return rows[0] if rows else Grade.objects.create(assignment=assignment, learner_id=learner)


def _found_or_reserved(assignment: Assignment, learners: Collection[int]) -> list[Grade]:
    """Return the grades of learners, locked. Nobody else can add those that are missing until the transaction ends."""
    rows = _locked(assignment, learners)
    missing = set(learners) - {row.learner_id for row in rows}
    if missing:
        _lock_learners(missing)
        rows += _locked(assignment, missing)
    return rows


def _locked(assignment: Assignment, learners: Collection[int] | None) -> list[Grade]:
    rows = Grade.objects.select_for_update().filter(assignment=assignment).order_by("pk")
    found = list(rows if learners is None else rows.filter(learner__in=learners))
    for row in found:
        row.assignment = assignment
    return found


@dataclass(frozen=True, slots=True)
class _Work:
    """The graded attempts of a learner, oldest first, and the additional time that the learner has in the course."""

    attempts: "list[Submission]" = field(default_factory=list)
    more: MoreTime = field(default_factory=MoreTime)


def _graded_work(assignment: Assignment, learners: Collection[int] | None) -> dict[int, _Work]:
    """Return what each learner handed in that is graded. A learner without any gets no work. One query."""
    graded = assignment.submissions.graded_attempts()
    if learners is not None:
        graded = graded.filter(learner__in=learners)
    graded = with_more_time(graded, assignment.course_id, learner="learner__")
    found: dict[int, _Work] = defaultdict(_Work)
    for one in graded.order_by("submitted_at", "pk").only(
        "assignment_id", "learner_id", "given", "max", "submitted_at"
    ):
        if one.learner_id not in found:
            found[one.learner_id] = _Work(more=more_time_on(one))
        found[one.learner_id].attempts.append(one)
    return found


def _compute(row: Grade, assignment: Assignment, work: _Work) -> None:
    """Compute the fields that follow from attempts, decision and slip days, without saving."""
    submissions = work.attempts
    attempts = [Attempt(submitted_at=one.submitted_at, fraction=one.fraction) for one in submissions]
    terms = replace(terms_for(assignment.terms, row.decision, work.more), paid_days=row.slip_days)
    result = grade(terms, attempts)
    row.counted = submissions[result.counted] if result else None
    row.raw = result.raw if result else None
    row.penalty = result.penalty if result else None
    row.final = points_that_count(result, row.decision)
    row.used = len(attempts)
    row.first_at = attempts[0].submitted_at if attempts else None
    row.last_at = attempts[-1].submitted_at if attempts else None
    row.passed_after = next((place for place, one in enumerate(attempts, 1) if one.fraction >= 1), None)
    row.passed_at = attempts[row.passed_after - 1].submitted_at if row.passed_after else None


def _results(row: Grade) -> list[Any]:
    return [getattr(row, "counted_id" if name == "counted" else name) for name in RESULTS]


def _record_change(
    row: Grade,
    before: dict[str, Any],
    *,
    action: Action,
    why: str,
    by: User | None,
    now: datetime | None = None,
    undoes: GradeChange | None = None,
    always: bool = False,
) -> list[GradeChange]:
    after = state_of(row)
    if after == before and not always:
        return []
    change = GradeChange.objects.create(
        assignment=row.assignment,
        learner_id=row.learner_id,
        by=by,
        at=now or timezone.now(),
        action=action,
        why=why,
        old=before,
        new=after,
        undoes=undoes,
    )
    grade_changed.send(sender=Grade, change=change)
    return [change]
