"""Versions, clocks, and who can administer this server."""

import platform
import time
from datetime import datetime

import django
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection

from grader import VERSION
from grader.telemetry.version import build
from server.accounts.models import User
from server.administration.server_health.facts import HealthFact, Severity, count_of
from server.administration.server_health.queues import connected
from server.administration.server_health.workers import report

# Tokens, links and launches of a platform are refused if clocks differ by more than a few seconds.
LARGEST_DIFFERENCE = 5.0


def version_facts() -> list[HealthFact]:
    """Return the versions of this website, and the torch of the graders."""
    graders = report().get("graders", {}).values()
    torches = sorted({one["torch"] for one in graders if "torch" in one})
    return [
        HealthFact(name="Chainrule", value=f"{VERSION} ({build()})"),
        HealthFact(name="Python", value=platform.python_version()),
        HealthFact(name="Django", value=django.get_version()),
        HealthFact(name="torch of the graders", value=", ".join(torches) or "no grader says", level=_note(not torches)),
    ]


def _note(unknown: bool) -> Severity:
    return Severity.NOTE if unknown else Severity.GOOD


def clock_facts() -> list[HealthFact]:
    """Return by how much the clocks of database, Redis and workers differ from this website's."""
    found = [_difference("Database", _of_database())]
    if settings.REDIS_URL:
        with connected() as client:
            seconds, microseconds = client.time()
        redis = seconds + microseconds / 1e6 - time.time()
        found.append(_difference("Redis", redis))
        found += _of_workers(redis)
    return found


def _of_database() -> float:
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now.timestamp() - time.time()


def _of_workers(redis: float) -> list[HealthFact]:
    """Return the differences of the workers, by way of Redis's clock, which each of them read."""
    noted = report()
    if not noted:
        return []
    records = noted["records"].get("offset", 0.0) + redis
    found = [_difference("Records worker", records)]
    for name, one in sorted(noted["graders"].items()):
        if "at" in one:
            found.append(_difference(name, one["at"] - one["answered"] + records))
    return found


def _difference(name: str, seconds: float) -> HealthFact:
    wrong = abs(seconds) > LARGEST_DIFFERENCE
    return HealthFact(
        name=name,
        value=f"differs by {abs(seconds):.1f} seconds" if abs(seconds) >= 1 else "agrees",
        level=Severity.BAD if wrong else Severity.GOOD,
        todo="Set the clock of this machine with NTP: due dates, links and learning platforms need it."
        if wrong
        else "",
    )


def administrator_facts() -> list[HealthFact]:
    """Return how many people can administer this server, and how many of them have no second factor."""
    people = User.objects.filter(is_superuser=True, is_active=True)
    every = people.count()
    without = people.exclude(pk__in=Authenticator.objects.values("user")).count()
    return [
        HealthFact(
            name="Administrators",
            value=count_of(every, "person", "people"),
            level=Severity.WARNING if every == 1 else Severity.GOOD,
            todo="Make a second person administrator: if you lose your account, nobody can help." if every == 1 else "",
        ),
        HealthFact(
            name="Without a second factor",
            value=f"{without}",
            level=Severity.WARNING if without else Severity.GOOD,
            todo="Let every administrator set up a second factor: Profile > Second factor." if without else "",
        ),
    ]
