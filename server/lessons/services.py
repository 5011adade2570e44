"""Every write to a run of a snippet.

start     accept, commit, then queue
record    record the answer
forget    delete old runs
"""

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from pydantic import TypeAdapter

from grader.protocol.snippets import Shown, Snippet
from server.accounts.models import User
from server.catalogue.lessons import LessonText
from server.common.strict_json import checked_json
from server.courses.models import Course
from server.lessons.errors import NotRun
from server.lessons.models import PATIENCE, SnippetRun
from server.queue import publish, reply
from server.submissions.errors import Unstorable
from server.submissions.services import check_storable

log = structlog.get_logger(__name__)

LARGEST = 64 * 1024
PER_MINUTE = 20
AT_ONCE = 2
KEPT = timedelta(days=1)
QUEUE = "grading.cpu"
_SHOWN = TypeAdapter(Shown)


@transaction.atomic
def start(*, learner: User, course: Course, lesson: LessonText, sources: list[str]) -> SnippetRun:
    """Run the first blocks of a lesson, with the reader's changes. Raises NotRun if that is too much."""
    if not 1 <= len(sources) <= len(lesson.blocks):
        raise NotRun("The lesson has changed. Reload the page.")
    _check_size(sources)
    # Two browsers at once take turns at the reader's row, so that neither slips past the limit.
    User.objects.select_for_update().get(pk=learner.pk)
    _check_rate(learner)
    run = SnippetRun.objects.create(learner=learner, course=course, lesson=lesson.slug, block=len(sources))
    snippet = Snippet(run=str(run.pk), token=run.token, sources=tuple(sources))
    transaction.on_commit(partial(_send, snippet))
    return run


def _check_size(sources: list[str]) -> None:
    if sum(len(source.encode("utf-8", errors="replace")) for source in sources) > LARGEST:
        raise NotRun(f"This is too much code. At most {LARGEST // 1024} kB can be run here.")
    try:
        for source in sources:
            check_storable(source)
    except Unstorable as error:
        raise NotRun(str(error)) from None


def _check_rate(learner: User) -> None:
    recent = SnippetRun.objects.filter(learner=learner, started_at__gt=timezone.now() - PATIENCE)
    times = list(recent.values_list("finished_at", flat=True))
    if times.count(None) >= AT_ONCE:
        raise NotRun("Your last runs have not finished yet. Please wait for them.")
    if len(times) >= PER_MINUTE:
        raise NotRun(f"You started {PER_MINUTE} runs within a minute. Please wait a moment.")


def _send(snippet: Snippet) -> None:
    sent = publish(
        "grader.run_snippet",
        snippet.to_dict(),
        queue=QUEUE,
        link=reply("lessons.record"),
        expires=PATIENCE.total_seconds(),
    )
    if not sent:
        SnippetRun.objects.filter(pk=snippet.run).update(finished_at=timezone.now())


@transaction.atomic
def record(*, run: str, token: str, shown: dict[str, Any] | None) -> bool:
    """Save the output of a snippet, once; False if the run is unknown, finished, or has another token."""
    row = SnippetRun.objects.select_for_update().filter(pk=run, finished_at=None).first()
    if row is None or not secrets.compare_digest(row.token, token):
        log.warning("snippet_refused", run=run)
        return False
    row.shown = None if shown is None else _read(shown)
    row.finished_at = timezone.now()
    row.save(update_fields=["shown", "finished_at"])
    return True


def _read(shown: dict[str, Any]) -> dict[str, Any] | None:
    if checked_json(_SHOWN, shown) is None:
        return None
    # NUL is text for Python, but PostgreSQL cannot store it.
    return {key: value.replace("\0", "\ufffd") if isinstance(value, str) else value for key, value in shown.items()}


def forget() -> int:
    """Delete the runs that are older than a day, and return how many."""
    return SnippetRun.objects.filter(started_at__lt=timezone.now() - KEPT).delete()[0]
