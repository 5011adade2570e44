"""The metrics of all processes, in Prometheus's format. No torch, no Django.

A website exposes them at /metrics and a Celery worker on a port of its own. Several processes of one website, or of one
worker, share their values through files (see `grader.telemetry.multiprocess`).
"""

import os
import re
import time
from collections.abc import Sequence

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from grader.telemetry import multiprocess

__all__ = ["Collector", "GaugeMetricFamily", "Metric"]

_SHORT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG_SECONDS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 30, 60, 120, 300, 900)

errors = Counter("chainrule_errors", "Log lines at level error or above, by event.", ["event"])

# The grading worker
graded = Counter("chainrule_graded", "Jobs that this worker made a report for.", ["runtime", "outcome"])
grade_seconds = Histogram("chainrule_grade_seconds", "Seconds of grading, by phase.", ["phase"], buckets=_SHORT_SECONDS)
jobs_requeued = Counter(
    "chainrule_jobs_requeued", "Jobs put back into their queue because no sandbox started here.", ["runtime"]
)
sandboxes_replaced = Counter("chainrule_sandboxes_replaced", "Sandboxes thrown away, by reason.", ["reason"])
sandbox_starts = Counter("chainrule_sandbox_starts", "Starts of a sandbox, by result.", ["result"])

# The records worker
reports = Counter("chainrule_reports", "Reports recorded for submissions.", ["runtime", "outcome"])
score_seconds = Histogram(
    "chainrule_submit_to_score_seconds", "Seconds from submission to score.", ["runtime"], buckets=_LONG_SECONDS
)
diagnoses = Counter("chainrule_diagnoses", "Mistakes that a report explained.", ["exercise", "diagnosis"])
reconciled = Counter(
    "chainrule_reconciled", "Submissions whose lease expired, by what the reconciliation did.", ["action"]
)
passback_tries = Counter("chainrule_passback_tries", "Attempts to send a score to an LMS, by result.", ["result"])
webhook_tries = Counter("chainrule_webhook_tries", "Attempts to deliver a webhook, by state.", ["state"])
mail_tries = Counter("chainrule_mail_tries", "Attempts to send an e-mail, by result.", ["result"])

# The website
requests = Counter("chainrule_requests", "Requests answered.", ["view", "method", "status"])
request_seconds = Histogram(
    "chainrule_request_seconds", "Seconds until a response starts.", ["view"], buckets=_SHORT_SECONDS
)

SHARED = (
    errors,
    graded,
    grade_seconds,
    jobs_requeued,
    sandboxes_replaced,
    sandbox_starts,
    reports,
    score_seconds,
    diagnoses,
    reconciled,
    passback_tries,
    webhook_tries,
    mail_tries,
    requests,
    request_seconds,
)

log = structlog.get_logger()

_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_., -]{0,60}")


class PhaseTimer:
    """Times the phases of one grading. Each phase begins when the one before ends."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def end_phase(self, phase: str) -> None:
        """Observe the seconds since the last phase ended."""
        now = time.perf_counter()
        grade_seconds.labels(phase).observe(now - self._last)
        self._last = now


def count_line(level: str, event: str) -> None:
    """Count a log line if it reports an error. Invalid requests from strangers (django.security) do not count."""
    if level in ("error", "critical") and not event.startswith("django.security"):
        errors.labels(event if _EVENT_NAME.fullmatch(event) else "other").inc()


def registry(*more: Collector) -> CollectorRegistry:
    """Return the metrics of this process and of all that share values with it, and those of `more`."""
    own = CollectorRegistry()
    if multiprocess.is_shared():
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]
    else:
        own.register(REGISTRY)
    for collector in more:
        own.register(collector)
    return own


def share_in_worker() -> None:
    """Let a Celery worker's processes share their values. Call it in the worker's main process, before it forks."""
    if _worker_port():
        multiprocess.share(multiprocess.private_folder(), SHARED)


def share_in_website() -> None:
    """Let the processes of one website share their values. Call it in each of them before the first request.

    Raises PermissionError if somebody else owns the shared folder.
    """
    if os.environ.get("CHAINRULE_METRICS_TOKEN") or os.environ.get("CHAINRULE_METRICS_TOKEN_FILE"):
        multiprocess.share(multiprocess.sibling_folder(), SHARED)


def serve(more: Sequence[Collector] = ()) -> None:
    """Serve a worker's metrics on CHAINRULE_METRICS_PORT; do nothing if that is not set.

    If the port is taken, an error is logged and the worker goes on without metrics.
    """
    port = _worker_port()
    if port:
        address = os.environ.get("CHAINRULE_METRICS_ADDRESS", "127.0.0.1")
        try:
            start_http_server(int(port), address, registry(*more))
        except OSError as error:
            log.error("metrics_not_served", address=address, port=port, error=str(error))


def _worker_port() -> str:
    return os.environ.get("CHAINRULE_METRICS_PORT", "")
