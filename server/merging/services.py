"""Merges an account into another: one transaction, after which nothing belongs to the former account."""

from django.db import transaction
from django.db.models import F

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import AssistantLimit, Course, Enrollment, FormerEnrollment, Role
from server.courses.services import lock_members
from server.drafts.models import Draft
from server.gradebook.merging import merge_grades
from server.lti.grades.outbox import update_passbacks
from server.lti.models import LineItem
from server.merging.plan import MergePlan, plan, relations
from server.merging.relations import MOVED
from server.similarity.models import Pair
from server.submissions.models import Submission

RANK = {Role.STUDENT: 0, Role.TA: 1, Role.INSTRUCTOR: 2}
# Larger than every number of a submission, so that no two have one number while they get new ones.
SHIFT = 1_000_000


class MergeRefused(Exception):
    """The accounts cannot be merged by this person. The text says why."""


class MergeChanged(Exception):
    """Merging would do something else by now than the preview showed."""


@transaction.atomic
def merge(gone: User, kept: User, *, course: Course, by: User, fingerprint: str) -> MergePlan:
    """Move everything of `gone` to `kept` and close `gone`, whose ids lead to `kept` from then on.

    Raises MergeRefused, or MergeChanged if the plan is not the one of the fingerprint.
    """
    # New rows of these people wait until the end, and so do changes of their courses' members.
    locked = {
        user.pk: user for user in User.objects.select_for_update().filter(pk__in=[gone.pk, kept.pk]).order_by("pk")
    }
    gone, kept = locked[gone.pk], locked[kept.pk]
    now = plan(gone, kept, course=course, by=by)
    if now.refusal:
        raise MergeRefused(now.refusal)
    if now.fingerprint != fingerprint:
        raise MergeChanged
    for one in sorted(now.courses, key=lambda one: one.pk):
        lock_members(one)
    _move_submissions(gone, kept)
    _move_drafts(gone, kept)
    _move_rows(gone, kept)
    merge_grades(gone, kept, by=by)
    for one in now.courses:
        _move_membership(one, gone, kept)
        _record(one, now, by)
    _close(gone, kept)
    columns = LineItem.objects.filter(assignment__grades__learner=kept).distinct()
    update_passbacks(columns, learners=[kept.pk])
    return now


def _move_submissions(gone: User, kept: User) -> None:
    """Give the kept account all submissions, numbered by their time."""
    places = set(Submission.objects.filter(learner=gone).order_by().values_list("assignment", "kind").distinct())
    for assignment, kind in sorted(places):
        both = Submission.objects.filter(learner__in=[gone, kept], assignment=assignment, kind=kind)
        in_order = list(both.order_by("submitted_at", "pk").values_list("pk", flat=True))
        both.filter(learner=kept).update(number=F("number") + SHIFT)
        both.filter(learner=gone).update(number=F("number") + 2 * SHIFT, learner=kept)
        for number, pk in enumerate(in_order, 1):
            Submission.objects.filter(pk=pk).update(number=number)
    Pair.objects.filter(left__learner=kept, right__learner=kept).delete()


def _move_drafts(gone: User, kept: User) -> None:
    """Give the kept account the newer draft of each assignment; the older text is kept beside it."""
    for draft in Draft.objects.select_for_update().filter(learner=gone):
        mine = Draft.objects.select_for_update().filter(learner=kept, assignment=draft.assignment_id).first()
        if mine is None:
            Draft.objects.filter(pk=draft.pk).update(learner=kept)
            continue
        older, newer = sorted([draft, mine], key=lambda one: one.saved_at)
        mine.version += 1
        mine.source, mine.other, mine.saved_at, mine.other_at = (
            newer.source,
            older.source,
            newer.saved_at,
            older.saved_at,
        )
        mine.save()
        draft.delete()


def _move_rows(gone: User, kept: User) -> None:
    for name, model, field in relations():
        if name in MOVED:
            model._default_manager.filter(**{field.name: gone}).update(**{field.name: kept})


def _move_membership(course: Course, gone: User, kept: User) -> None:
    """Make the kept account a member if one of the two is, with the higher role and the section of either."""
    theirs = Enrollment.objects.filter(course=course, user=gone).first()
    mine = Enrollment.objects.filter(course=course, user=kept).first()
    if theirs is not None:
        if mine is None:
            mine = Enrollment(course=course, user=kept, role=theirs.role, role_decided=theirs.role_decided)
        if RANK[Role(theirs.role)] > RANK[Role(mine.role)]:
            mine.role, mine.role_decided = theirs.role, theirs.role_decided
        mine.section = mine.section or theirs.section
        theirs.delete()
        mine.save()
    _move_former(course, gone, kept)
    _move_limits(course, gone, kept)


def _move_former(course: Course, gone: User, kept: User) -> None:
    theirs = FormerEnrollment.objects.filter(course=course, user=gone)
    if FormerEnrollment.objects.filter(course=course, user=kept).exists():
        theirs.delete()
    else:
        theirs.update(user=kept)


def _move_limits(course: Course, gone: User, kept: User) -> None:
    """Limit the kept account to the sections of both accounts, if one of them was limited."""
    theirs = AssistantLimit.objects.filter(course=course, user=gone)
    known = AssistantLimit.objects.filter(course=course, user=kept).values("section")
    theirs.filter(section__in=known).delete()
    theirs.update(user=kept)


def _record(course: Course, done: MergePlan, by: User) -> None:
    moved = f"{done.submissions} submissions, {done.grades} grades, {done.identities} identities in LMSs"
    record(AuditAction.MERGED, course=course, by=by, about=done.kept, what=done.gone.username, after=moved)


def _close(gone: User, kept: User) -> None:
    """Close the former account. Its names stay with it, so that its ids lead to the kept account."""
    User.objects.filter(pk=gone.pk).update(merged_into=kept, is_active=False, sign_outs=F("sign_outs") + 1)
    if not kept.external_id and gone.external_id:
        User.objects.filter(pk=gone.pk).update(external_id=None)
        User.objects.filter(pk=kept.pk).update(external_id=gone.external_id)
    names = {name: getattr(gone, name) for name in ("first_name", "last_name") if getattr(gone, name)}
    if names and not kept.get_full_name():
        User.objects.filter(pk=kept.pk).update(**names)
