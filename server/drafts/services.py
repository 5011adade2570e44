"""Saving drafts. The newer save wins; what it replaced unseen is kept beside it."""

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
    """Save what a learner typed; Unstorable where it cannot be kept.

    `seen` is the version that the browser typed on, 0 where there was none; if another browser saved since, its text
    becomes the `other` one. `settled` says that the learner decided between the two.
    """
    check_storable(source)
    # Two browsers may make the first draft at once: they take turns at the learner's row.
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
