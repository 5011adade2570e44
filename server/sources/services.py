"""Every write to sources by people and by pushes. Fetches write in `fetching` and `taking`.

Each takes `by`, the person who acts, and writes the audit log. Each refuses archived courses.
"""

import secrets
from base64 import b64encode

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.common import sealing
from server.courses.models import Course
from server.packages.access import require_edit
from server.packages.errors import PackageRefused, QuotaReached
from server.queue import publish_after_commit
from server.sources.deploy_keys import new_key, public_part
from server.sources.git.addresses import read_address
from server.sources.models import GitSource, SourceState

MOST = 5
PURPOSE = "server.sources"


class Secrets:
    """The secrets of a source. Raises PackageRefused if SECRET_KEY was replaced since they were stored."""

    def __init__(self, source: GitSource) -> None:
        try:
            content = sealing.unseal(source.sealed, purpose=PURPOSE)
        except sealing.SealBroken:
            raise PackageRefused(
                "The secrets of this source cannot be read any more, because SECRET_KEY was replaced. Remove the "
                "source and add it again."
            ) from None
        self.private_key: str = content["private_key"]
        self.webhook: str = content["webhook"]


def new_secret() -> str:
    """Return a new secret for a webhook, in the form that Standard Webhooks wants and the others take as it is."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


@transaction.atomic
def add_source(
    course: Course, *, address: str, branch: str, folder: str, publishes: bool, by: User
) -> tuple[GitSource, str]:
    """Add a source with a new deploy key, ask for its first fetch, and return it with the secret of its webhook.

    Raises AddressRefused for an address that we do not read, and QuotaReached if the course has too many sources.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    require_edit(by, course)
    read_address(address, allow_private=settings.SOURCES_ALLOW_PRIVATE)
    if course.git_sources.count() >= MOST:
        raise QuotaReached(f"A course has at most {MOST} Git sources. Remove one first, or name a folder above both.")
    key, secret = new_key(), new_secret()
    source = GitSource.objects.create(
        course=course,
        address=address.strip(),
        branch=branch,
        folder=folder,
        publishes=publishes,
        sealed=sealing.seal({"private_key": key.decode(), "webhook": secret}, purpose=PURPOSE),
        public_key=public_part(key),
    )
    record(AuditAction.SOURCE_ADDED, course=course, by=by, what=str(source))
    if not source.is_ssh:  # for ssh, the deploy key must be added to the repository first
        ask(source)
    return source, secret


@transaction.atomic
def renew_secret(source: GitSource, *, by: User) -> str:
    """Make a new secret for the webhook and return it. The former one no longer works."""
    require_edit(by, source.course)
    held, secret = Secrets(source), new_secret()
    source.sealed = sealing.seal({"private_key": held.private_key, "webhook": secret}, purpose=PURPOSE)
    source.save(update_fields=["sealed"])
    record(AuditAction.SOURCE_CHANGED, course=source.course, by=by, what=str(source), after="a new webhook secret")
    return secret


@transaction.atomic
def set_publishes(source: GitSource, publishes: bool, *, by: User) -> None:
    """Say whether versions that pass their verification are published without a click."""
    require_edit(by, source.course)
    if source.publishes == publishes:
        return
    source.publishes = publishes
    source.save(update_fields=["publishes"])
    words = "publishes what passes" if publishes else "waits for a click"
    record(AuditAction.SOURCE_CHANGED, course=source.course, by=by, what=str(source), after=words)


@transaction.atomic
def forget_host_key(source: GitSource, *, by: User) -> None:
    """Trust the key that the ssh server shows next. For a server whose owner replaced its key."""
    require_edit(by, source.course)
    source.host_key = ""
    source.save(update_fields=["host_key"])
    record(AuditAction.SOURCE_CHANGED, course=source.course, by=by, what=str(source), after="the next server key")


@transaction.atomic
def remove_source(source: GitSource, *, by: User) -> None:
    """Remove a source with its secrets. The packages that came from it stay."""
    require_edit(by, source.course)
    record(AuditAction.SOURCE_REMOVED, course=source.course, by=by, what=str(source))
    source.delete()


@transaction.atomic
def fetch_now(source: GitSource, *, by: User) -> None:
    """Read the whole branch again, because a person asked."""
    require_edit(by, source.course)
    GitSource.objects.filter(pk=source.pk).update(commit="", failures=0)
    ask(source)


def ask(source: GitSource) -> bool:
    """Ask for a fetch. However often it is asked, one fetch waits, or one runs and one more follows.

    Returns whether a fetch was put into the queue.
    """
    rows = GitSource.objects.filter(pk=source.pk)
    if rows.filter(state=SourceState.IDLE).update(state=SourceState.QUEUED, changed_at=timezone.now()):
        publish_after_commit("sources.fetch", source.pk)
        return True
    rows.filter(state=SourceState.RUNNING).update(again=True)
    return False
