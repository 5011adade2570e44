"""What the workers say of themselves, noted by the records worker every few seconds, read by the page Health.

In Redis under `graders:report`. A grader can be one that an attacker controls, so what it says is cut to short texts
and bounded numbers before it is stored, and only so many graders are stored.
"""

import json
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any

import redis
from django.conf import settings

from grader import VERSION
from grader.telemetry.version import build
from server.submissions.live import progress

KEY = "graders:report"
# A worker that does not answer any more stays in the report for so long (seconds).
REMEMBERED = 600
MOST_WORKERS, MOST_QUEUES = 100, 10
LONGEST = 80
LARGEST = 2.0**60
# What is read of a worker's answer to `stats`, by the part that has it.
TEXTS = {"chainrule": ("out",), "chainrule_facts": ("version", "build", "torch", "engine", "image", "kernel")}
NUMBERS = {"chainrule": ("replaced",), "chainrule_facts": ("in_hand", "at", "disk_free", "disk_total")}


def note_report(queues: Mapping[str, list[str]], stats: Mapping[str, Any], processes: Mapping[str, int]) -> None:
    """Note what each worker said of itself, and this worker's own version and clock. Raises RedisError.

    A worker that has stopped stays in the report for some minutes, so that somebody can see that it is gone.
    """
    client, now = progress.client(settings.REDIS_URL), time.time()
    before = read_report(client).get("graders", {})
    kept = {name: one for name, one in before.items() if now - one["answered"] < REMEMBERED}
    found = {
        name: {"answered": now, "queues": shown(queues.get(raw, [])), "processes": processes.get(raw, 1)}
        | _read_answer(stats[raw])
        for raw in list(stats)[:MOST_WORKERS]
        if (name := short(raw))
    }
    own = {"version": VERSION, "build": build(), "host": short(socket.gethostname()), "offset": now - _clock(client)}
    graders = dict(sorted((kept | found).items(), key=lambda one: -one[1]["answered"])[:MOST_WORKERS])
    client.set(KEY, json.dumps({"at": now, "records": own, "graders": graders}), ex=REMEMBERED)


def read_report(client: redis.Redis) -> dict[str, Any]:
    """Return the latest report; empty if no records worker noted one within ten minutes. Raises RedisError.

    Keys: `at` (when); `records` (version, build, host, and by how many seconds its clock is ahead of Redis's); and
    `graders`, by worker: when it `answered`, its `queues` and `processes`, and what is in TEXTS and NUMBERS, each only
    if the worker said it.
    """
    stored: Any = client.get(KEY)
    return json.loads(stored) if stored else {}


def shown(queues: list[str]) -> list[str]:
    """Return the first names of some queues, each as a short text."""
    return [short(name) for name in queues[:MOST_QUEUES]]


def _read_answer(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part, names in TEXTS.items():
        found |= {name: text for name in names if (text := short(_of(answer, part, name)))}
    for part, names in NUMBERS.items():
        found |= {name: number for name in names if _is_number(number := _of(answer, part, name))}
    return found


def _of(answer: Any, part: str, name: str) -> Any:
    inner = answer.get(part) if isinstance(answer, dict) else None
    return inner.get(name) if isinstance(inner, dict) else None


def short(value: Any) -> str:
    """Return a text without line ends and control characters, cut to LONGEST; empty if it is no text."""
    if not isinstance(value, str):
        return ""
    line = "".join(char if char.isprintable() else " " for char in value[: 2 * LONGEST]).strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= min(LARGEST, sys.float_info.max)


def _clock(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds + microseconds / 1e6)
