"""The workers, as the records worker noted them a few seconds ago (`server.submissions.queue.worker_report`).

Nothing here asks a worker, so nothing here waits for one.
"""

import time
from typing import Any

from django.conf import settings

from grader import VERSION
from grader.telemetry.version import build
from server.administration.server_health.facts import HealthFact, Severity, count_of, duration
from server.administration.server_health.queues import connected
from server.submissions.queue.worker_report import read_report

# A report is made every eight seconds. After so many without one, no records worker runs (seconds).
SILENT = 40
# A grader that did not answer for so long is away (seconds).
AWAY = 40
START_RECORDS = "Start the records worker: `docker compose up -d records`. Until then no score is recorded."
START_GRADER = "Start a grader: `docker compose up -d grading-cpu`. Submissions are saved and wait."


def report() -> dict[str, Any]:
    """Return the latest report of the records worker; empty if there is none. Raises RedisError."""
    if not settings.REDIS_URL:
        return {}
    with connected() as client:
        return read_report(client)


def facts() -> list[HealthFact]:
    """Return the records worker and each grader: alive, version, engine, sandbox, jobs in hand."""
    found, now = report(), time.time()
    silent = not found or now - found["at"] > SILENT
    return [_records(found, now), *([] if silent else _of_graders(found["graders"], now))]


def _records(found: dict[str, Any], now: float) -> HealthFact:
    if not found:
        return HealthFact(name="Records worker", value="none has reported", level=Severity.BAD, todo=START_RECORDS)
    since = now - found["at"]
    if since > SILENT:
        words = f"its last report was {duration(since)} ago"
        return HealthFact(name="Records worker", value=words, level=Severity.BAD, todo=START_RECORDS)
    own = found["records"]
    value = f"alive, {own['host']}, Chainrule {own['version']} ({own['build']})"
    return _with_version("Records worker", value, own)


def _of_graders(graders: dict[str, Any], now: float) -> list[HealthFact]:
    present = {name: one for name, one in sorted(graders.items()) if now - one["answered"] <= AWAY}
    gone = [name for name in sorted(graders) if name not in present]
    found = [_grader(name, one) for name, one in present.items()]
    found += [_gone(name, now - graders[name]["answered"]) for name in gone]
    if not any("grading.cpu" in one["queues"] for one in present.values()):
        found.append(HealthFact(name="CPU graders", value="none takes jobs", level=Severity.BAD, todo=START_GRADER))
    return found


def _gone(name: str, seconds: float) -> HealthFact:
    return HealthFact(name=name, value=f"has not answered for {duration(seconds)}", level=Severity.NOTE)


def _grader(name: str, said: dict[str, Any]) -> HealthFact:
    if out := said.get("out"):
        return HealthFact(
            name=name,
            value=f"takes no jobs, because no sandbox starts: {out}",
            level=Severity.BAD,
            todo=f"Make a sandbox start on the machine of {name}: run `python3 -m grader probe` there.",
        )
    return _with_version(name, _words(said), said)


def _words(said: dict[str, Any]) -> str:
    parts = ["alive", ", ".join(said["queues"]) or "no queue", count_of(said["processes"], "process", "processes")]
    if "in_hand" in said:
        parts.append(f"{count_of(int(said['in_hand']), 'job')} in hand")
    if engine := said.get("engine"):
        parts.append(f"{engine} {said.get('image', '')}".strip() + f", kernel: {said.get('kernel', 'unknown')}")
    if replaced := said.get("replaced"):
        parts.append(f"{int(replaced):,} sandboxes replaced")
    if version := said.get("version"):
        parts.append(f"Chainrule {version} ({said.get('build', 'unknown')})")
    if torch := said.get("torch"):
        parts.append(f"torch {torch}")
    return "; ".join(parts)


def _with_version(name: str, value: str, said: dict[str, Any]) -> HealthFact:
    """Return the fact of a worker, with what to do if it runs another version than this website."""
    if said.get("build") == build():
        return HealthFact(name=name, value=value)
    other = f"{value}; another version than this website ({VERSION}, {build()})"
    todo = f"Finish the upgrade: restart {name} with the website's version (`deploy/upgrade`)."
    return HealthFact(name=name, value=other, level=Severity.WARNING, todo=todo)
