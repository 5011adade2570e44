"""Saving drafts. The newer save wins; a text that it replaced unseen is kept as well."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.drafts.models import Draft
from server.gradebook.models import Assignment
from server.submissions.services import check_storable


def save(
    *,
    learner: User,
    assignment: Assignment,
    source: str,
    seen: int,
    settled: bool = False,
    now: datetime | None = None,
) -> Draft:
    """Save a learner's draft. Raises Unstorable if the text cannot be stored.

    `seen` is the version that the browser started from, 0 without one. If another browser saved since, its text becomes
    `other`. `settled` means that the learner chose between the two.
    """
    check_storable(source)
    now = now or timezone.now()
    own = Draft.objects.filter(learner=learner, assignment=assignment)
    # Almost always the browser has seen the latest version, and there is no other text: one statement is enough.
    if own.filter(version=seen, other_at=None).update(source=source, saved_at=now, version=seen + 1):
        return Draft(learner=learner, assignment=assignment, source=source, saved_at=now, version=seen + 1)
    return _merge(learner, assignment, source=source, seen=seen, settled=settled, now=now)


@transaction.atomic
def _merge(learner: User, assignment: Assignment, *, source: str, seen: int, settled: bool, now: datetime) -> Draft:
    # Two browsers can insert the first draft at the same time: a lock on the learner's row makes them take turns.
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=learner.pk)
    # A save in one statement needs no lock on the learner, so the draft is locked as well.
    draft = Draft.objects.select_for_update().filter(learner=learner, assignment=assignment).first()
    draft = draft or Draft(learner=learner, assignment=assignment)
    if settled:
        draft.other, draft.other_at = "", None
    if draft.version > seen and draft.source != source:
        draft.other, draft.other_at = draft.source, draft.saved_at
    draft.source, draft.saved_at, draft.version = source, now, draft.version + 1
    draft.save()
    return draft
