"""Sending reruns to the graders, behind everything fresh.

Reruns have queues of their own, which the graders read last, and the lowest priority: a worker that has a fresh
submission waiting takes it first, so a fresh submission waits for one rerun at most.
"""

from server.packages.delivery import bring
from server.queue import LAST, publish_after_commit, publish_or_raise, reply
from server.regrades.models import Regrade, Rerun


def queue_of(runtime: str) -> str:
    """Return the queue of reruns for a runtime."""
    return f"regrading.{runtime}"


def begin_after_commit(regrade: Regrade) -> None:
    """Have a records worker send reruns, after the commit; the periodic task does so if this is lost."""
    publish_after_commit("regrades.send", regrade.pk)


def send(rerun: Rerun) -> None:
    """Queue one rerun; its row must be committed. Raises OperationalError if the broker cannot be reached."""
    if rerun.library:
        bring(rerun.digest)
    token = {"rerun": str(rerun.pk), "token": rerun.token}
    publish_or_raise(
        "grader.grade",
        rerun.job().to_dict(),
        task_id=str(rerun.pk),
        queue=queue_of(rerun.runtime),
        priority=LAST,
        link=reply("regrades.record"),
        link_error=reply("regrades.record_failure", **token),
    )
