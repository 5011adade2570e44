"""Finds reruns that the queue lost, as `submissions.queue.reconcile` does for submissions."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from server.regrades import services, turns
from server.regrades.dispatch import queue_of
from server.regrades.models import Rerun, Stage
from server.submissions.models import State
from server.submissions.queue.dispatch import in_flight, jobs_in


def reconcile() -> int:
    """Send overdue reruns again, and return how many; give up those that were tried too often."""
    out = Rerun.objects.filter(state=State.QUEUED, regrade__state=Stage.PREVIEW)
    return sum(_reconcile(runtime) for runtime in out.order_by().values_list("runtime", flat=True).distinct())


def _reconcile(runtime: str) -> int:
    out = Rerun.objects.filter(state=State.QUEUED, regrade__state=Stage.PREVIEW, runtime=runtime)
    overdue = out.filter(leased_until__lt=timezone.now())
    keys = set(overdue.values_list("pk", flat=True))
    if not keys:
        return 0
    sent = out.exclude(sent_at=None).order_by("-sent_at", "-pk")
    # The queue is first in, first out: if it holds k jobs, they are the k that were sent last.
    waiting = keys & set(sent.values_list("pk", flat=True)[: jobs_in(queue_of(runtime))])
    lost = keys - waiting
    return sum(_again(pk) for pk in sorted(lost - in_flight(lost)))


def _again(pk: UUID) -> bool:
    if turns.send(pk):
        return True
    if Rerun.objects.filter(pk=pk, tries__gte=settings.GRADING_TRIES).exists():
        services.give_up(pk)
    return False
