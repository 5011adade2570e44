"""Which rerun is sent to the graders next: the database holds the line, the broker only what graders can soon take."""

from collections import Counter
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from server.regrades import dispatch
from server.regrades.models import Rerun, Stage
from server.submissions.models import State
from server.submissions.queue import worker_presence
from server.submissions.queue.dispatch import RUNTIMES
from server.submissions.queue.turns import lease


def fill_after_commit(runtime: str) -> None:
    """Fill the places at a runtime's graders once the transaction is committed. A failure is logged."""
    transaction.on_commit(partial(fill, runtime), robust=True)


def fill_all() -> int:
    """Fill the places at all graders, and return how many reruns were sent."""
    return sum(fill(runtime) for runtime in RUNTIMES)


def fill(runtime: str) -> int:
    """Send reruns while the graders can soon take them, and return how many. Regrades take turns.

    Raises OperationalError if the broker cannot be reached. Several processes at once can send a few more.
    """
    out = Rerun.objects.filter(runtime=runtime, state=State.QUEUED, regrade__state=Stage.PREVIEW).order_by()
    unsent = out.filter(sent_at=None)
    regrades = set(unsent.values_list("regrade_id", flat=True).distinct())
    if not regrades:
        return 0
    taken = Counter(out.exclude(sent_at=None).values_list("regrade_id", flat=True))
    before, most = taken.total(), 2 * worker_presence.processes(runtime)
    while regrades and taken.total() < most:
        regrade = min(regrades, key=lambda pk: (taken[pk], pk))
        rerun = unsent.filter(regrade=regrade).order_by("pk").values_list("pk", flat=True).first()
        if rerun is None:
            regrades.remove(regrade)
        elif send(rerun):
            taken[regrade] += 1
    return taken.total() - before


def send(pk: Any) -> bool:
    """Mark one rerun as sent, then send it. False if it is finished, or another process sent it first."""
    now = timezone.now()
    due = Rerun.objects.filter(pk=pk, state=State.QUEUED, tries__lt=settings.GRADING_TRIES)
    mine = due.exclude(leased_until__gte=now)
    if not mine.update(sent_at=now, leased_until=now + lease(), tries=F("tries") + 1):
        return False
    dispatch.send(Rerun.objects.select_related("submission").defer("old_report").get(pk=pk))
    return True
