"""Metrics that belong to no process: read from the database and the broker for each scrape.

If several websites run, all report the same values, so take the maximum. Each query has a partial index of its own over
the rows that are still open, so it costs little, however many rows there are.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import structlog
from amqp.exceptions import AMQPError
from django.db import Error
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import OperationalError

from grader.telemetry.metrics import Collector, GaugeMetricFamily, Metric
from server.lti.models import Passback, PassbackState
from server.mail.models import Mail, MailState
from server.observability.readiness import threads
from server.observability.workers_wanted import wanted_soon
from server.submissions.models import Submission
from server.submissions.queue import worker_presence
from server.submissions.queue.dispatch import RUNTIMES, jobs_in, queue_of
from server.webhooks.models import Delivery, DeliveryState

# How long the broker can take to answer (seconds): less than Prometheus usually waits.
TIMEOUT = 3.0

log = structlog.get_logger(__name__)

LOST_MAILS = (MailState.REFUSED, MailState.FAILED)
QUEUES = (*(f"{kind}.{runtime}" for kind in ("grading", "regrading") for runtime in RUNTIMES), "records")


class Gauges(Collector):
    """The queues, the outboxes, and whether database and broker answer."""

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics. If a part does not answer, its metrics are left out and its `chainrule_up` is 0."""
        up = GaugeMetricFamily("chainrule_up", "1 while this part answers.", labels=["part"])
        for part, read in PARTS.items():
            try:
                yield from list(read())
                up.add_metric([part], 1)
            except (Error, OperationalError, AMQPError, OSError):
                log.warning("part_unreachable", part=part)
                up.add_metric([part], 0)
        yield up


def _of_database() -> Iterator[Metric]:
    now = timezone.now()
    yield from _submissions(now)
    yield _workers_wanted(now)
    yield from _outboxes(now)


def _submissions(now: datetime) -> Iterator[Metric]:
    rows = Submission.objects.open().order_by().values_list("runtime")
    found = {runtime: (count, first) for runtime, count, first in rows.annotate(Count("pk"), Min("submitted_at"))}
    age = GaugeMetricFamily(
        "chainrule_queue_age_seconds",
        "Age of the oldest submission without a score.",
        labels=["runtime"],
    )
    open_ = GaugeMetricFamily("chainrule_open_submissions", "Submissions without a score yet.", labels=["runtime"])
    for runtime in sorted({*RUNTIMES, *found}):
        count, first = found.get(runtime, (0, None))
        age.add_metric([runtime], _since(first, now))
        open_.add_metric([runtime], count)
    yield from (age, open_)


def _workers_wanted(now: datetime) -> Metric:
    found = GaugeMetricFamily(
        "chainrule_workers_wanted",
        "Grading workers that the deadlines of the next minutes want.",
        labels=["runtime"],
    )
    for runtime, number in wanted_soon(now).items():
        found.add_metric([runtime], number)
    return found


def _outboxes(now: datetime) -> Iterator[Metric]:
    scores = Passback.objects.filter(state=PassbackState.PENDING).aggregate(Count("pk"), Min("due_at"))
    hooks = Delivery.objects.filter(state=DeliveryState.PENDING).aggregate(Count("pk"), Min("event__created_at"))
    yield _gauge("chainrule_passback_waiting", "Scores not yet sent to an LMS.", scores["pk__count"])
    yield _gauge(
        "chainrule_passback_lag_seconds",
        "How late the most overdue of them is.",
        _since(scores["due_at__min"], now),
    )
    yield _gauge("chainrule_webhooks_waiting", "Events not yet delivered to a webhook.", hooks["pk__count"])
    yield _gauge(
        "chainrule_webhooks_lag_seconds", "Age of the oldest of them.", _since(hooks["event__created_at__min"], now)
    )
    yield from _mails(now)


def _mails(now: datetime) -> Iterator[Metric]:
    waiting = Mail.objects.filter(state=MailState.PENDING).aggregate(Count("pk"), Min("created_at"))
    yield _gauge("chainrule_mails_waiting", "E-mails that were not sent yet.", waiting["pk__count"])
    yield _gauge("chainrule_mails_lag_seconds", "Age of the oldest of them.", _since(waiting["created_at__min"], now))
    ended = dict(Mail.objects.filter(state__in=LOST_MAILS).order_by().values_list("state").annotate(Count("pk")))
    lost = GaugeMetricFamily("chainrule_mails_lost", "Kept e-mails that did not reach anybody.", labels=["state"])
    for state in LOST_MAILS:
        lost.add_metric([state.value], ended.get(state.value, 0))
    yield lost


def _of_broker() -> Iterator[Metric]:
    # If the broker is away, kombu tries several times before it raises. A scrape cannot wait for that.
    lengths = threads("queue lengths").submit(lambda: [jobs_in(queue) for queue in QUEUES])
    try:
        found = lengths.result(TIMEOUT)
    finally:
        lengths.cancel()
    waiting = _in_line()
    length = GaugeMetricFamily("chainrule_queue_length", "Jobs that no worker has taken yet.", labels=["queue"])
    for queue, count in zip(QUEUES, found, strict=True):
        length.add_metric([queue], count + waiting.get(queue, 0))
    yield length
    processes = GaugeMetricFamily(
        "chainrule_grading_processes",
        "Processes of grading workers that take jobs; none if it is not known.",
        labels=["runtime"],
    )
    for runtime in RUNTIMES:
        number = worker_presence.noted_processes(runtime)
        if number is not None:
            processes.add_metric([runtime], number)
    yield processes


def _in_line() -> dict[str, int]:
    """Count the submissions that wait in the database for their turn, by queue; none while it is down."""
    try:
        return {queue_of(runtime): Submission.objects.in_line(runtime).count() for runtime in RUNTIMES}
    except Error:
        return {}


def _gauge(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, description, value=value)


def _since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


PARTS: dict[str, Callable[[], Iterator[Metric]]] = {"database": _of_database, "broker": _of_broker}
