"""What waits to be graded, and the state of Redis."""

from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from grader.messaging import redis_clients
from server.administration.server_health.facts import HealthFact, Severity, age, count_of, size
from server.queue import RECORDS
from server.submissions.models import Submission
from server.submissions.queue.dispatch import RUNTIMES, queue_of

# A submission that is older (seconds) is not normal, even on a busy evening.
LONG = 600
MANY_RECORDS = 200
# Kombu keeps a list for each priority: the name, two control characters, and 3, 6 or 9.
PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
NEARLY_FULL = 0.8


def connected() -> redis.Redis:
    """Return a client of Redis that gives up after a second or two, and does not try again."""
    return redis_clients.client(settings.REDIS_URL, retry=Retry(NoBackoff(), 0))


def facts() -> list[HealthFact]:
    """Return how many submissions wait for each kind of grader, and how many reports wait to be recorded."""
    now = timezone.now()
    rows = Submission.objects.open().order_by().values_list("runtime").annotate(Count("pk"), Min("submitted_at"))
    open_ = {runtime: (count, first) for runtime, count, first in rows}
    found = [_waiting(runtime, *open_.get(runtime, (0, None)), now=now) for runtime in sorted({*RUNTIMES, *open_})]
    return [*found, *_in_broker()]


def _waiting(runtime: str, count: int, first: datetime | None, *, now: datetime) -> HealthFact:
    name = f"Submissions for {runtime.upper()} graders"
    if first is None:
        return HealthFact(name=name, value="none wait")
    late = (now - first).total_seconds() > LONG
    return HealthFact(
        name=name,
        value=f"{count_of(count, 'waits', 'wait')}, the oldest since {age(first, now).removesuffix(' ago')}",
        level=Severity.BAD if late else Severity.GOOD,
        todo=f"Look at the {runtime.upper()} graders below: start one, or start more of them." if late else "",
    )


def _in_broker() -> list[HealthFact]:
    if not settings.REDIS_URL:
        return []
    with connected() as client:
        names = [*(queue_of(runtime) for runtime in RUNTIMES), RECORDS]
        found = {name: sum(int(client.llen(f"{name}{each}")) for each in PRIORITIES) for name in names}
    held = found.pop(RECORDS)
    slow = held > MANY_RECORDS
    sent = ", ".join(f"{count} in {name}" for name, count in found.items())
    return [
        HealthFact(name="Jobs that no grader has taken yet", value=sent),
        HealthFact(
            name="Messages for the records worker",
            value=f"{held:,}",
            level=Severity.BAD if slow else Severity.GOOD,
            todo="Reports wait to be recorded: see that a records worker runs, and what its log says." if slow else "",
        ),
    ]


def redis_facts() -> list[HealthFact]:
    """Return the memory of Redis and whether it keeps its data on disk."""
    if not settings.REDIS_URL:
        return [HealthFact(name="State", value="not used by this installation", level=Severity.NOTE)]
    with connected() as client:
        info = client.info()
    return [
        HealthFact(name="Version", value=str(info.get("redis_version", "unknown"))),
        _memory(info),
        _persistence(info),
    ]


def _memory(info: dict[str, Any]) -> HealthFact:
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    full = bool(most) and used > NEARLY_FULL * most
    return HealthFact(
        name="Memory",
        value=f"{size(used)} of {size(most)}" if most else f"{size(used)}, without a limit",
        level=Severity.BAD if full else Severity.GOOD,
        todo="Redis is nearly full: give it more memory (maxmemory), or find out what fills it." if full else "",
    )


def _persistence(info: dict[str, Any]) -> HealthFact:
    kept = bool(info.get("aof_enabled"))
    bad = info.get("rdb_last_bgsave_status") == "err" or info.get("aof_last_write_status") == "err"
    words = "an append-only file" if kept else "nothing on disk: jobs that it loses are sent again from the database"
    return HealthFact(
        name="Kept on disk",
        value="the last write failed" if bad else words,
        level=Severity.BAD if bad else Severity.GOOD,
        todo="Redis cannot write to its disk: make room there, or its data is lost at the next restart." if bad else "",
    )
