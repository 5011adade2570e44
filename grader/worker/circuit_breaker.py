"""Whether this worker takes jobs. One whose sandboxes do not start takes itself out, and comes back when they do.

    in ── no sandbox starts, FAILURES times in a row ──> out: listens to no queue, its jobs are left to others
     ^                                                    │
     └──── a probe, a process of its own, started one ────┘

Only starts count: what happens to a sandbox while a submission runs in it may be that submission's doing, and nobody's
code should be able to send workers home. Pool children note it in memory that they share with the worker's own
process, which looks there each second.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from multiprocessing.sharedctypes import RawArray, RawValue
from typing import Any

import structlog
from billiard import current_process

from grader.messaging import liveness
from grader.messaging.heartbeat import Heartbeat
from grader.telemetry import metrics
from grader.telemetry.metrics import Collector, GaugeMetricFamily

FAILURES = 3
# How long after a probe that failed the next begins, and how long one may take (seconds).
PROBE_AGAIN = float(os.environ.get("CHAINRULE_PROBE_SECONDS", "10"))
PROBE_PATIENCE = 300.0
_SLOTS = 1024

log = structlog.get_logger()

# Without locks: a child that is killed would keep one for ever. Each child writes its own slot of what is added up, and
# that a failure in a row may get lost between two children only puts off what comes anyway.
_in_a_row = RawValue(ctypes.c_int, 0)
_reason = RawArray(ctypes.c_char, 500)
_replaced = RawArray(ctypes.c_ulong, _SLOTS)


def failed(reason: str) -> None:
    """Note, in a pool child, that no sandbox could be started."""
    _reason.value = reason.encode(errors="replace")[: len(_reason) - 1]
    _in_a_row.value += 1


def succeeded() -> None:
    """Note, in a pool child, that a sandbox did its work."""
    if _in_a_row.value:
        _in_a_row.value = 0


def replaced(reason: str) -> None:
    """Note, in a pool child, that a sandbox was thrown away."""
    _replaced[getattr(current_process(), "index", 0) % _SLOTS] += 1
    metrics.sandboxes_replaced.labels(reason).inc()


class CircuitBreaker(Heartbeat):
    """Looks at what the children note, leaves the queues and comes back to them."""

    interval = 1.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.why = ""
        self.since = 0.0
        self._queues: list[str] = []
        self._probe: subprocess.Popen[bytes] | None = None
        self._probed = 0.0

    def look(self, consumer: Any) -> None:
        """Leave, probe, come back: whatever it is time for."""
        if not self.why and _in_a_row.value >= FAILURES:
            self._leave(consumer)
        elif self.why and self._starts_again():
            self._come_back(consumer)
        liveness.beat(self.why)

    def info(self, _consumer: Any) -> dict[str, Any]:
        """Return what `celery inspect stats`, and with it the dashboard, says of this worker beside Celery's own."""
        since = datetime.fromtimestamp(self.since, UTC).isoformat() if self.why else None
        return {"chainrule": {"out": self.why, "since": since, "replaced": sum(_replaced)}}

    def stop(self, consumer: Any) -> None:
        """End, and the probe with it."""
        super().stop(consumer)
        if self._probe is not None:
            self._probe.kill()
            self._probe.wait()
            self._probe = None

    def _leave(self, consumer: Any) -> None:
        self.why = _reason.value.decode(errors="replace").strip() or "no sandbox starts"
        self.since = self._probed = time.time()
        standing.why = self.why
        self._queues = list(consumer.app.amqp.queues.consume_from)
        for queue in self._queues:
            consumer.cancel_task_queue(queue)
        log.error("worker_out", queues=self._queues, failures=_in_a_row.value, why=self.why)

    def _come_back(self, consumer: Any) -> None:
        log.warning("worker_back", queues=self._queues, seconds=round(time.time() - self.since, 1))
        self.why = standing.why = ""
        _in_a_row.value = 0
        for queue in self._queues:
            consumer.add_task_queue(queue)

    def _starts_again(self) -> bool:
        """Whether a probe ended well; begins one where it is time to. Never waits."""
        now = time.time()
        if self._probe is None:
            if now - self._probed >= PROBE_AGAIN:
                self._probed = now
                self._probe = subprocess.Popen(
                    [sys.executable, "-m", "grader", "probe"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            return False
        if self._probe.poll() is None:
            if now - self._probed > PROBE_PATIENCE:
                self._probe.kill()
            return False
        well = self._probe.returncode == 0
        self._probe, self._probed = None, now
        return well


class BreakerCollector(Collector):
    """Tells Prometheus whether this worker is out."""

    why = ""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield one gauge."""
        yield GaugeMetricFamily("chainrule_worker_out", "1 while this worker takes no jobs.", value=bool(self.why))


standing = BreakerCollector()
