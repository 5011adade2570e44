"""What is counted, and how it is told to Prometheus. All processes use it: no torch, no Django.

    CHAINRULE_METRICS_PORT       a Celery worker tells its numbers on this port; nowhere where it is not set
    CHAINRULE_METRICS_ADDRESS    and on this address: 127.0.0.1 where it is not set
    CHAINRULE_METRICS_TOKEN      the website tells its numbers at /metrics to whoever knows this; nobody where not set

A process with children, or with sisters, keeps its numbers in files of a folder that they share, so that one of them
can tell the numbers of all. Which folder stands in PROMETHEUS_MULTIPROC_DIR, and must stand there before
prometheus_client is imported; where it does not, we choose one here. So whoever needs it imports it from here.
"""

import atexit
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

# A website may share its variables with the workers, and has no use for this one.
PORT = os.environ.get("CHAINRULE_METRICS_PORT", "") if "celery" in Path(sys.argv[0]).parts[-2:] else ""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def _choose_folder() -> None:
    if PORT:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="chainrule-metrics-")
        atexit.register(_remove, os.environ[FOLDER], os.getpid())
    elif os.environ.get("CHAINRULE_METRICS_TOKEN") or os.environ.get("CHAINRULE_METRICS_TOKEN_FILE"):
        os.environ[FOLDER] = str(_folder_of_sisters())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # children run this, too
        shutil.rmtree(folder, ignore_errors=True)


def _folder_of_sisters() -> Path:
    """Make the folder that this process's sisters make, too: all know their parent, and when that started."""
    parent, started = os.getppid(), "unknown"
    with suppress(OSError, IndexError):
        started = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
    folder = Path(tempfile.gettempdir()) / f"chainrule-metrics-{os.geteuid()}-{parent}-{started}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} is somebody else's: set {FOLDER} to a folder of your own")
    return folder


if FOLDER not in os.environ:
    _choose_folder()

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, start_http_server, values  # noqa: E402
from prometheus_client.core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

__all__ = ["Collector", "GaugeMetricFamily", "Metric"]

if os.environ.get(FOLDER) and values.ValueClass is values.MutexValue:
    raise ImportError(
        "prometheus_client was imported before grader.telemetry.metrics: no process would tell of another's numbers"
    )

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 30, 60, 120, 300, 900)

errors = Counter("chainrule_errors", "Errors of ours: what was logged as one.", ["event"])

# The grading worker
graded = Counter("chainrule_graded", "Jobs that this worker made a report for.", ["runtime", "outcome"])
grade_seconds = Histogram("chainrule_grade_seconds", "Seconds of grading, by phase.", ["phase"], buckets=_QUICK)
jobs_left = Counter(
    "chainrule_jobs_left", "Jobs put back for others, as no sandbox could be started here.", ["runtime"]
)
sandboxes_replaced = Counter("chainrule_sandboxes_replaced", "Sandboxes thrown away, and why.", ["reason"])
sandbox_starts = Counter("chainrule_sandbox_starts", "Starts of a sandbox, and whether it came up.", ["result"])

# The records worker
reports = Counter("chainrule_reports", "Reports written down for submissions.", ["runtime", "outcome"])
score_seconds = Histogram(
    "chainrule_submit_to_score_seconds", "Seconds from handing in to the score.", ["runtime"], buckets=_LONG
)
diagnoses = Counter("chainrule_diagnoses", "Mistakes that a report explained.", ["exercise", "diagnosis"])
swept = Counter("chainrule_swept", "Submissions whose lease ran out, and what the sweep did.", ["what"])
passback_tries = Counter("chainrule_passback_tries", "Tries at sending a score to an LMS.", ["fate"])
webhook_tries = Counter("chainrule_webhook_tries", "Tries at delivering a webhook.", ["state"])

# The website
requests = Counter("chainrule_requests", "Requests answered.", ["view", "method", "status"])
request_seconds = Histogram("chainrule_request_seconds", "Seconds to an answer's head.", ["view"], buckets=_QUICK)

log = structlog.get_logger()

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_., -]{0,60}")


class Laps:
    """Times the phases of one grading: each lap from the end of the one before."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Note that a phase is over."""
        now = time.perf_counter()
        grade_seconds.labels(phase).observe(now - self._last)
        self._last = now


def count_line(level: str, event: str) -> None:
    """Count a line of the log, if it tells of an error of ours; what strangers send us is none."""
    if level in ("error", "critical") and not event.startswith("django.security"):
        errors.labels(event if _NAME.fullmatch(event) else "other").inc()


def registry(*more: Collector) -> CollectorRegistry:
    """Return what this process has to tell, its children and sisters included, and what these collectors say."""
    own = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]
    else:
        own.register(REGISTRY)
    for collector in more:
        own.register(collector)
    return own


def tell(more: Sequence[Collector] = ()) -> None:
    """Begin to tell the numbers on the port that CHAINRULE_METRICS_PORT names; do nothing where there is none.

    A port that cannot be had is noted as an error: grading goes on without.
    """
    if PORT:
        address = os.environ.get("CHAINRULE_METRICS_ADDRESS", "127.0.0.1")
        try:
            start_http_server(int(PORT), address, registry(*more))
        except OSError as error:
            log.error("numbers_not_told", address=address, port=PORT, error=str(error))
