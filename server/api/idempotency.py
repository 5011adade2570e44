"""Requests that are safe to send twice: one Idempotency-Key, one piece of work, one answer.

The key is claimed by an insert that the database lets through once, before any work. The answer is kept in the same
transaction as the work, so whoever finds a claim without an answer knows that nothing was done: either it is under
way, or its process died and the claim may be taken over.
"""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from server.api.models import ApiToken, KeptAnswer
from server.api.problems import Code, Problem

KEPT_FOR = timedelta(hours=24)
# No request works longer than this; a claim that is older belongs to a process that died.
WORKING = timedelta(seconds=60)
KEPT_HEADERS = ("Location", "Retry-After", "ETag", "Content-Type")


def once(request: HttpRequest, key: str | None, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the work in a transaction and return its answer; with a key that was used before, the answer it had then.

    A Problem rolls everything back and frees the key: nothing was done, so that a later try may do it.
    """
    if key is None:
        with transaction.atomic():
            return work()
    claim = _claim(_token_of(request), key, fingerprint(request))
    return _replay(claim) if claim.status else _do(claim, work)


def fingerprint(request: HttpRequest) -> str:
    """Return what tells one request from another: method, address and body."""
    return sha256(f"{request.method} {request.get_full_path()}\n".encode() + request.body).hexdigest()


def replace(kept: int, response: HttpResponse) -> None:
    """Keep a later answer instead: the one that the caller really got, having waited."""
    KeptAnswer.objects.filter(pk=kept).update(**_answer(response))


def forget() -> int:
    """Delete the answers that are a day old; return how many."""
    return KeptAnswer.objects.filter(claimed_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _token_of(request: Any) -> ApiToken:
    return request.auth


def _claim(token: ApiToken, key: str, asked: str) -> KeptAnswer:
    """Return a claim of our own, or an earlier one that has its answer; Problem where neither can be had."""
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token=token, key=key, fingerprint=asked, claimed_at=timezone.now())
    except IntegrityError:
        earlier = KeptAnswer.objects.filter(token=token, key=key).first()
    if earlier is None or _is_stale(earlier):
        return _take_over(token, key, asked, earlier)
    if earlier.fingerprint != asked:
        raise Problem(Code.KEY_REUSED, "This Idempotency-Key came with another request before.")
    if earlier.status is None:
        raise _under_way()
    return earlier


def _is_stale(claim: KeptAnswer) -> bool:
    return timezone.now() - claim.claimed_at > (WORKING if claim.status is None else KEPT_FOR)


def _take_over(token: ApiToken, key: str, asked: str, stale: KeptAnswer | None) -> KeptAnswer:
    if stale is not None:
        # Only as we saw it: somebody else may be taking it over at this moment.
        KeptAnswer.objects.filter(pk=stale.pk, claimed_at=stale.claimed_at, status=stale.status).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token=token, key=key, fingerprint=asked, claimed_at=timezone.now())
    except IntegrityError:
        raise _under_way() from None


def _do(claim: KeptAnswer, work: Callable[[], HttpResponse]) -> HttpResponse:
    ours = KeptAnswer.objects.filter(pk=claim.pk, status=None)
    try:
        with transaction.atomic():
            response = work()
            if not ours.update(**_answer(response)):
                raise _under_way()  # we took so long that another took over
    except BaseException:
        ours.delete()
        raise
    response.kept_answer = claim.pk  # type: ignore[attr-defined]
    return response


def _answer(response: HttpResponse) -> dict[str, Any]:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    return {"status": response.status_code, "headers": headers, "body": response.content.decode()}


def _replay(kept: KeptAnswer) -> HttpResponse:
    headers = kept.headers | {"Idempotent-Replayed": "true"}
    return HttpResponse(kept.body, status=kept.status, headers=headers)


def _under_way() -> Problem:
    detail = "A request with this Idempotency-Key is still under way."
    return Problem(Code.IN_FLIGHT, detail, headers={"Retry-After": "1"})
