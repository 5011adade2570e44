"""Makes requests safe to send twice: for one Idempotency-Key, the work is done once and has one answer.

Before any work, the key is claimed by a unique insert. The answer is stored in the same transaction as the work. So if
a claim has no answer, nothing was done: either the work is in progress, or its process died and another request can
take over the claim.
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
# No request takes longer than this. An older claim without an answer belongs to a process that died.
WORKING = timedelta(seconds=60)
KEPT_HEADERS = ("Location", "Retry-After", "ETag", "Content-Type")


def once(
    request: HttpRequest, key: str | None, work: Callable[[], HttpResponse], *, check: Callable[[], Any]
) -> HttpResponse:
    """Do the work in a transaction and return its answer. If the key was used before, return the answer of that time.

    `check` raises Problem if the token cannot reach what the request names. It runs before an answer is repeated: the
    token can have lost the right since. The work checks the same itself. A Problem in the work rolls everything back
    and frees the key: nothing was done, so the request can be sent again.
    """
    if key is None:
        with transaction.atomic():
            return work()
    claim = _claim(_token_of(request), key, fingerprint(request))
    if not claim.status:
        return _do(claim, work)
    check()
    return _replay(claim)


def fingerprint(request: HttpRequest) -> str:
    """Return a digest of the request: method, address and body."""
    return sha256(f"{request.method} {request.get_full_path()}\n".encode() + request.body).hexdigest()


def replace(kept: int, response: HttpResponse) -> None:
    """Store a later answer instead: the one that the caller got after waiting."""
    KeptAnswer.objects.filter(pk=kept).update(**_answer(response))


def delete_old_answers() -> int:
    """Delete the answers that are a day old; return how many."""
    return KeptAnswer.objects.filter(claimed_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _token_of(request: Any) -> ApiToken:
    return request.auth.token


def _claim(token: ApiToken, key: str, digest: str) -> KeptAnswer:
    """Return a new claim, or an earlier one that has an answer. Raises Problem if there is neither."""
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token=token, key=key, fingerprint=digest, claimed_at=timezone.now())
    except IntegrityError:
        earlier = KeptAnswer.objects.filter(token=token, key=key).first()
    if earlier is None or _is_stale(earlier):
        return _take_over(token, key, digest, earlier)
    if earlier.fingerprint != digest:
        raise Problem(Code.KEY_REUSED, "This Idempotency-Key was used for another request.")
    if earlier.status is None:
        raise _under_way()
    return earlier


def _is_stale(claim: KeptAnswer) -> bool:
    return timezone.now() - claim.claimed_at > (WORKING if claim.status is None else KEPT_FOR)


def _take_over(token: ApiToken, key: str, digest: str, stale: KeptAnswer | None) -> KeptAnswer:
    if stale is not None:
        # Only if it is unchanged: another request can be taking it over at this moment.
        KeptAnswer.objects.filter(pk=stale.pk, claimed_at=stale.claimed_at, status=stale.status).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token=token, key=key, fingerprint=digest, claimed_at=timezone.now())
    except IntegrityError:
        raise _under_way() from None


def _do(claim: KeptAnswer, work: Callable[[], HttpResponse]) -> HttpResponse:
    ours = KeptAnswer.objects.filter(pk=claim.pk, status=None)
    try:
        with transaction.atomic():
            response = work()
            if not ours.update(**_answer(response)):
                raise _under_way()  # this took so long that another request took over
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
