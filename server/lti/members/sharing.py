"""Registrations of one LMS that share their people, because an administrator confirmed that they are one platform.

Anybody who teaches here can register any issuer, so the issuer alone proves nothing: with keys of their own, they could
sign launches in anybody's name. Two registrations can be shared only if they have the same issuer and read their keys
at the same address. If one of them gets another address of its keys, it no longer shares.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from server.accounts.models import User
from server.accounts.selectors import surviving
from server.audit.models import AuditAction
from server.audit.services import record
from server.lti.models import Identity, Platform

log = structlog.get_logger(__name__)


class SharingRefused(Exception):
    """Two registrations cannot share their people. The text says why."""


def known_user(platform: Platform, sub: str) -> User | None:
    """Return the account of a person whom another registration of the same platform knows; None if none does."""
    found = (
        Identity.objects.filter(platform__in=others(platform), sub=sub).select_related("user").order_by("pk").first()
    )
    return surviving(found.user) if found else None


def others(platform: Platform) -> QuerySet[Platform]:
    """Return the registrations that share their people with this one."""
    first = platform.same_as_id or platform.pk
    group = Platform.objects.filter(Q(pk=first) | Q(same_as=first)).exclude(pk=platform.pk)
    return group.filter(issuer=platform.issuer, jwks_url=platform.jwks_url)


def candidates(platform: Platform) -> QuerySet[Platform]:
    """Return the registrations of the same issuer that do not share their people with this one."""
    same = Platform.objects.filter(issuer=platform.issuer).exclude(pk=platform.pk)
    return same.exclude(pk__in=others(platform)).select_related("course")


def is_shared(platform: Platform) -> bool:
    """Whether a registration shares its people with another one."""
    return others(platform).exists()


@transaction.atomic
def share(platform: Platform, with_: Platform, *, by: User) -> None:
    """Share the people of two registrations. Raises SharingRefused if they cannot be one platform.

    Call it only for an administrator: who controls one of the registrations then reaches the accounts of both.
    """
    keys = [platform.pk, with_.pk]
    one, other = Platform.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    if one.issuer != other.issuer:
        raise SharingRefused("They have different issuers, so they are different platforms.")
    if one.jwks_url != other.jwks_url:
        raise SharingRefused(
            "They read the platform's keys at different addresses. Two registrations of one platform have the same "
            "public keyset URL. Compare both with what the platform shows."
        )
    first = one.same_as or one
    Platform.objects.filter(Q(pk=other.pk) | Q(same_as=other.pk)).exclude(pk=first.pk).update(same_as=first)
    clients = f"clients {one.client_id} and {other.client_id}"
    for course in {one.course, other.course}:
        record(AuditAction.PLATFORM_SHARED, course=course, by=by, what=one.issuer, after=clients)
    log.info("platforms_shared", platforms=keys, by=by.pk)


@transaction.atomic
def stop_sharing(platform: Platform, *, by: User | None = None) -> None:
    """Let a registration have people of its own again. Accounts that both know already stay as they are."""
    if not Platform.objects.filter(Q(pk=platform.pk, same_as__isnull=False) | Q(same_as=platform)).exists():
        return
    rest = list(Platform.objects.filter(same_as=platform).order_by("pk"))
    for row in rest:
        row.same_as = None if row == rest[0] else rest[0]
        row.save(update_fields=["same_as"])
    Platform.objects.filter(pk=platform.pk).update(same_as=None)
    platform.same_as = None
    record(AuditAction.PLATFORM_UNSHARED, course=platform.course, by=by, what=platform.issuer)


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubled:
    """A person with an account from each of two registrations. `kept` is the older account."""

    kept: User
    gone: User


def doubled(platform: Platform) -> list[Doubled]:
    """Return the people who got a second account before the registrations shared them, sorted by name."""
    mine = Identity.objects.filter(platform=platform).select_related("user")
    theirs = Identity.objects.filter(platform__in=others(platform)).select_related("user").order_by("-pk")
    known = {one.sub: one.user for one in theirs}
    pairs = [(known[one.sub], one.user) for one in mine if one.sub in known and known[one.sub] != one.user]
    return sorted(map(_older_first, pairs), key=lambda one: one.kept.display_name)


def _older_first(pair: Iterable[User]) -> Doubled:
    kept, gone = sorted(pair, key=lambda user: user.pk)
    return Doubled(kept=kept, gone=gone)
