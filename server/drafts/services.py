"""Saving drafts. The newer save wins; a text that it replaced unseen is kept as well."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.drafts.models import Draft
from server.gradebook.models import Assignment
from server.submissions.services import check_storable


@transaction.atomic
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
    # Two browsers can insert the first draft at the same time: a lock on the learner's row makes them take turns.
    User.objects.select_for_update().get(pk=learner.pk)
    draft = Draft.objects.filter(learner=learner, assignment=assignment).first()
    draft = draft or Draft(learner=learner, assignment=assignment)
    if settled:
        draft.other, draft.other_at = "", None
    if draft.version > seen and draft.source != source:
        draft.other, draft.other_at = draft.source, draft.saved_at
    draft.source, draft.saved_at, draft.version = source, now or timezone.now(), draft.version + 1
    draft.save()
    return draft
