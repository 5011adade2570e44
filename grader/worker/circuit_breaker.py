"""Whether this worker takes jobs. If its sandboxes do not start, it stops, and it continues when they start again.

    closed ── no sandbox starts, FAILURES times in a row ──> open: consumes no queue, other workers take the jobs
       ^                                                       │
       └── half-open: a probe, a process of its own, ──────────┘
           started a sandbox

Only starts count. What happens to a sandbox while a submission runs can be that submission's doing, and no learner's
code should be able to stop a worker. Pool children record failures in memory that they share with the worker's main
process, which reads it every second.
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
from grader.worker import facts

FAILURES = 3
# Seconds from the start of one probe to the start of the next, and the longest that one may take.
PROBE_INTERVAL = float(os.environ.get("CHAINRULE_PROBE_SECONDS", "10"))
PROBE_TIMEOUT = 300.0
_SLOTS = 1024

log = structlog.get_logger()

# Without locks: a killed child would keep a lock forever. Each child adds up replacements in a slot of its own. If two
# children lose one failure in a row between them, the breaker only opens a little later.
_failures_in_a_row = RawValue(ctypes.c_int, 0)
_reason = RawArray(ctypes.c_char, 500)
_replacements = RawArray(ctypes.c_ulong, _SLOTS)


def record_failure(reason: str) -> None:
    """Record, in a pool child, that no sandbox could be started."""
    _reason.value = reason.encode(errors="replace")[: len(_reason) - 1]
    _failures_in_a_row.value += 1


def record_success() -> None:
    """Record, in a pool child, that a sandbox worked."""
    if _failures_in_a_row.value:
        _failures_in_a_row.value = 0


def record_replacement(reason: str) -> None:
    """Record, in a pool child, that a sandbox was thrown away."""
    _replacements[getattr(current_process(), "index", 0) % _SLOTS] += 1
    metrics.sandboxes_replaced.labels(reason).inc()


class CircuitBreaker(Heartbeat):
    """A step of the worker's consumer: reads what the children recorded, cancels the queues and adds them again."""

    interval = 1.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.reason = ""
        self.since = 0.0
        self._queues: list[str] = []
        self._probe: subprocess.Popen[bytes] | None = None
        self._probe_started = 0.0

    def tick(self, consumer: Any) -> None:
        """Open, probe or close, whatever is due."""
        if not self.reason and _failures_in_a_row.value >= FAILURES:
            self._open(consumer)
        elif self.reason and self._probe_succeeded():
            self._close(consumer)
        liveness.record_alive(self.reason)

    def info(self, _consumer: Any) -> dict[str, Any]:
        """Return what `celery inspect stats`, and so dashboard and Health, report of this worker beside Celery's own.

        The keys are a protocol: servers of other versions read them. "out" is empty while the breaker is closed.
        """
        since = datetime.fromtimestamp(self.since, UTC).isoformat() if self.reason else None
        own = {"out": self.reason, "since": since, "replaced": sum(_replacements)}
        return {"chainrule": own, "chainrule_facts": facts.facts()}

    def stop(self, consumer: Any) -> None:
        """Stop, and kill a probe that still runs."""
        super().stop(consumer)
        if self._probe is not None:
            self._probe.kill()
            self._probe.wait()
            self._probe = None

    def _open(self, consumer: Any) -> None:
        self.reason = _reason.value.decode(errors="replace").strip() or "no sandbox starts"
        self.since = self._probe_started = time.time()
        state.reason = self.reason
        self._queues = list(consumer.app.amqp.queues.consume_from)
        for queue in self._queues:
            consumer.cancel_task_queue(queue)
        log.error("circuit_opened", queues=self._queues, failures=_failures_in_a_row.value, reason=self.reason)

    def _close(self, consumer: Any) -> None:
        log.warning("circuit_closed", queues=self._queues, seconds=round(time.time() - self.since, 1))
        self.reason = state.reason = ""
        _failures_in_a_row.value = 0
        for queue in self._queues:
            consumer.add_task_queue(queue)

    def _probe_succeeded(self) -> bool:
        """Whether a probe ended well. Starts a probe if one is due. Never waits."""
        now = time.time()
        if self._probe is None:
            if now - self._probe_started >= PROBE_INTERVAL:
                self._probe_started = now
                self._probe = subprocess.Popen(
                    [sys.executable, "-m", "grader", "probe"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            return False
        if self._probe.poll() is None:
            if now - self._probe_started > PROBE_TIMEOUT:
                self._probe.kill()
            return False
        succeeded = self._probe.returncode == 0
        self._probe, self._probe_started = None, now
        return succeeded


class BreakerState(Collector):
    """Reports to Prometheus whether the breaker is open."""

    reason = ""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield one gauge."""
        yield GaugeMetricFamily(
            "chainrule_worker_circuit_open", "1 while this worker takes no jobs.", value=bool(self.reason)
        )


state = BreakerState()
