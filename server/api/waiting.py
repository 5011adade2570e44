"""`Prefer: wait=N`: hold the answer to a new submission until it is graded, at most N seconds.

The work is done and committed before the wait begins, and no thread or database connection waits with the caller.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponse

from server.accounts.models import User
from server.api import idempotency
from server.api.presentation import show_submission
from server.api.responses import respond
from server.submissions.live import snapshots
from server.submissions.masking import mask
from server.submissions.models import Submission

LONGEST = 10

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """The submission that an answer waits for, for how long at most (seconds), and for whom."""

    submission: Submission
    seconds: int
    reader: User


def asked_for(prefer: str | None) -> int:
    """Return the seconds that `Prefer: wait=N` requests, at most ten."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})", prefer or "", re.IGNORECASE)
    return min(LONGEST, int(found[1])) if found else 0


async def held(response: HttpResponse) -> HttpResponse:
    """Return the answer with the score if the report comes in time; otherwise the response as it is."""
    wait: Wait = response.wait  # type: ignore[attr-defined]
    await sync_to_async(close_old_connections)()
    try:
        events = cast("AsyncGenerator[str, None]", snapshots.stream(wait.submission, reader=wait.reader))
        async with asyncio.timeout(wait.seconds), aclosing(events):
            async for _ in events:
                pass
        return await sync_to_async(_graded)(response, wait)
    except TimeoutError:
        return response
    except Exception:
        # The submission is saved and the answer has its address, so an error while waiting does no harm.
        log.exception("wait_failed", submission=str(wait.submission.pk))
        return response


def _graded(response: HttpResponse, wait: Wait) -> HttpResponse:
    try:
        return _final(response, wait)
    finally:
        close_old_connections()


def _final(response: HttpResponse, wait: Wait) -> HttpResponse:
    row = Submission.objects.select_related("learner", "assignment__course").get(pk=wait.submission.pk)
    row = mask(row, wait.reader)
    if row.is_open or row.is_held:
        return response
    final = respond(show_submission(row), status=201)
    # The headers that every answer has are in the first answer already.
    kept_back = {"content-type", "content-length", "retry-after"}
    for name, value in response.items():
        if name.lower() not in kept_back:
            final[name] = value
    final["Preference-Applied"] = f"wait={wait.seconds}"
    kept = getattr(response, "kept_answer", None)
    if kept is not None:
        idempotency.replace(kept, final)
    return final
