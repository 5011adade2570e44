"""Finds submissions that the queue lost, and sends them again.

A broker can lose a message, and a machine can vanish together with the job that it works on. Every submission that
was sent has a lease. When the lease has run out, one of three things is true: the job is still in the queue, a worker
reports that it works on it (`grader.worker.in_flight`), or the job is lost. A lost job is sent again *with the same
token*: the first report wins, and a second one changes nothing. A new token would make every slow job worthless, just
when the graders are busiest.

The queue is read before the workers' reports, so a job that a worker takes in between is found in one of the two.

If the queue holds k jobs, they are the k sent last of those that no worker has. This is exact if nothing is lost. If a
job overtook another one, and only one of them is lost, the wrong one can be sent again first: it is then graded twice.

A submission that waits for its turn is not in the queue and cannot be lost (`turns`).
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grader.telemetry import metrics
from server.submissions import services
from server.submissions.models import Submission
from server.submissions.queue.dispatch import in_flight, waiting_in
from server.submissions.queue.turns import LONGEST_LEASE

# How much the clocks of two machines can differ without anything else being wrong.
CLOCKS_DIFFER = timedelta(minutes=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciled:
    """How many overdue submissions still waited, were held by a worker, were sent again, and were given up."""

    waiting: int = 0
    held: int = 0
    resent: int = 0
    given_up: int = 0


def reconcile() -> list[Reconciled]:
    """Handle every submission whose lease has run out, one runtime after another."""
    runtimes = Submission.objects.open().order_by().values_list("runtime", flat=True).distinct()
    return [_reconcile(runtime) for runtime in runtimes]


def _reconcile(runtime: str) -> Reconciled:
    sent = Submission.objects.with_graders(runtime).order_by("-sent_at", "-pk")
    now = timezone.now()
    # If a lease is longer than any can be, the clock of the website that sent it is fast, or ours is slow.
    impossible = now + LONGEST_LEASE + CLOCKS_DIFFER
    late = Q(leased_until__lt=now) | Q(leased_until__gt=impossible)
    overdue = set(sent.filter(late).values_list("pk", flat=True))
    if not overdue:
        return Reconciled()
    length = waiting_in(runtime)
    all_sent = list(sent.values_list("pk", flat=True))
    held = in_flight(all_sent)
    waiting = overdue & set([pk for pk in all_sent if pk not in held][:length])
    held &= overdue
    resent = [_try_again(pk, impossible) for pk in sorted(overdue - waiting - held)]
    reconciled = Reconciled(
        waiting=len(waiting), held=len(held), resent=resent.count(True), given_up=resent.count(False)
    )
    for what, count in asdict(reconciled).items():
        metrics.reconciled.labels(what).inc(count)
    if reconciled.resent or reconciled.given_up:
        log.info("reconciled", runtime=runtime, **asdict(reconciled))
    return reconciled


@transaction.atomic
def _try_again(pk: UUID, impossible: datetime) -> bool | None:
    """Send it again (True), give it up (False), or leave it (None) if a report or another reconciliation was faster."""
    row = Submission.objects.select_for_update().get(pk=pk)
    if not row.is_open or row.turn_at or timezone.now() <= row.leased_until <= impossible:
        return None
    if row.failures >= settings.GRADING_TRIES or row.tries >= settings.GRADING_SENDS:
        services.give_up(row)
        return False
    services.resend(row)
    return True
