"""Finding submissions that the queue lost, and sending them again.

A broker may forget, a machine may vanish with a job in its hands. Every submission that is out has a lease; when it
runs out, either the job still lies in the queue (then there is nothing wrong but the wait, and the lease is renewed),
or somebody has it, or it is lost. The last two look alike from here, so it is sent again *with the same token*: the
first report wins and a second changes nothing. A new token would make every job worthless that is merely slow, just
when the graders are busiest.

The queue is first in, first out. So with k jobs in it, the k submissions sent last are the ones that wait.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from grader import metrics
from server.submissions import services
from server.submissions.dispatch import waiting_in
from server.submissions.models import Submission

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """How many submissions still waited, were sent again, and were given up."""

    waiting: int = 0
    resent: int = 0
    given_up: int = 0


def sweep() -> list[Swept]:
    """Look after every submission whose lease ran out, one runtime's queue after another."""
    runtimes = Submission.objects.open().order_by().values_list("runtime", flat=True).distinct()
    return [_sweep(runtime) for runtime in runtimes]


def _sweep(runtime: str) -> Swept:
    out = Submission.objects.open().filter(runtime=runtime).order_by("sent_at", "pk")
    overdue = set(out.filter(leased_until__lt=timezone.now()).values_list("pk", flat=True))
    if not overdue:
        return Swept()
    waiting = overdue & set(out.reverse().values_list("pk", flat=True)[: waiting_in(runtime)])
    out.filter(pk__in=waiting).update(leased_until=timezone.now() + services.lease())
    resent = [_try_again(pk) for pk in sorted(overdue - waiting)]
    swept = Swept(waiting=len(waiting), resent=resent.count(True), given_up=resent.count(False))
    for what, count in (("waiting", swept.waiting), ("resent", swept.resent), ("given_up", swept.given_up)):
        metrics.swept.labels(what).inc(count)
    log.info("swept", runtime=runtime, waiting=swept.waiting, resent=swept.resent, given_up=swept.given_up)
    return swept


@transaction.atomic
def _try_again(pk: UUID) -> bool | None:
    """Send it again (True), give it up (False), or leave it (None) where a report or another sweep was quicker."""
    row = Submission.objects.select_for_update().get(pk=pk)
    if not row.is_open or row.leased_until >= timezone.now():
        return None
    if row.tries >= settings.GRADING_TRIES:
        services.give_up(row)
        return False
    services.resend(row)
    return True
