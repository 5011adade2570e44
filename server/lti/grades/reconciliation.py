"""Comparing a column of a platform with what it should hold. Nothing is changed there.

What was found is kept with the column, for an instructor to look at: they say which scores are sent again. A score
that arrived once and is another by now says so from then on; one that was refused and is right all the same counts as
arrived.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from server.lti.errors import ServiceError
from server.lti.grades import line_items
from server.lti.models import LineItem, Passback, PassbackState

LATE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A cell that does not hold what it should: shares of the points here and there, `row` if it is ours."""

    who: str
    row: Passback | None
    ours: float | None
    theirs: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "who": self.who,
            "row": self.row.pk if self.row else None,
            "version": self.row.version if self.row else None,
            "ours": self.ours,
            "theirs": self.theirs,
        }


def ask(line_item: LineItem) -> None:
    """Have a column compared soon: the platform is read by a worker, however long it takes to answer."""
    from server.lti.tasks import compare_soon  # noqa: PLC0415 the tasks need this

    LineItem.objects.filter(pk=line_item.pk).update(asked_at=timezone.now())
    compare_soon(line_item.pk)


def overdue() -> list[int]:
    """Return the columns that somebody asked for some minutes ago, and nobody compared: their request was lost."""
    now = timezone.now()
    lost = list(LineItem.objects.filter(asked_at__lt=now - LATE).values_list("pk", flat=True))
    LineItem.objects.filter(pk__in=lost).update(asked_at=now)
    return lost


def compare(pk: int) -> None:
    """Compare a column and keep what was found, or the platform's words where it cannot be read."""
    line_item = LineItem.objects.select_related("lms_course__deployment__platform").filter(pk=pk).first()
    if line_item is None:
        return
    found: dict[str, Any] = {"asked_at": None, "compared_at": timezone.now(), "compare_error": ""}
    try:
        found["differences"] = [one.to_dict() for one in reconcile(line_item)]
    except ServiceError as error:
        found |= {"compared_at": line_item.compared_at, "compare_error": error.words[:300]}
    LineItem.objects.filter(pk=pk).update(**found)


def reconcile(line_item: LineItem) -> list[Difference]:
    """Compare a column with what it should hold, change nothing there, and return what differs.

    What waits to be sent is left out, and what was sent while we read. ServiceError where the column cannot be read.
    """
    before = _rows(line_item)
    found = {one.sub: one.share for one in line_items.results(line_item)} if line_item.url else {}
    after = _rows(line_item)
    settled = {sub: row for sub, row in after.items() if row.state != PassbackState.PENDING}
    still = {sub: row for sub, row in settled.items() if sub in before and _is_as_it_was(before[sub], row)}
    differences = []
    for sub, row in still.items():
        ours, theirs = _should(row), found.get(sub)
        _note_found(row, ours, theirs)
        if not line_items.same(ours, theirs):
            differences.append(Difference(who=row.identity.user.display_name, row=row, ours=ours, theirs=theirs))
    for sub in sorted(found.keys() - before.keys() - after.keys()):
        if found[sub] is not None:
            differences.append(Difference(who=_name(line_item, sub), row=None, ours=None, theirs=found[sub]))
    return differences


def _rows(line_item: LineItem) -> dict[str, Passback]:
    rows = line_item.passbacks.select_related("identity__user").order_by("identity__user__last_name", "pk")
    return {row.identity.sub: row for row in rows}


def _is_as_it_was(before: Passback, after: Passback) -> bool:
    return (before.version, before.state, before.sent_at) == (after.version, after.state, after.sent_at)


def _should(row: Passback) -> float | None:
    return None if row.given is None or row.most <= 0 else line_items.share(row.given, row.most)


def _note_found(row: Passback, ours: float | None, theirs: float | None) -> None:
    """Have the list say from now on what was found: a score that arrived once may be another by now."""
    before = row.state
    if row.state == PassbackState.SENT and not line_items.same(ours, theirs):
        row.state = PassbackState.DIFFERS
        row.words = "There is no grade there." if theirs is None else f"There: {theirs:.2%} of the points."
    elif row.state in {PassbackState.DIFFERS, PassbackState.FAILED} and line_items.same(ours, theirs):
        row.state, row.words = PassbackState.SENT, ""
    if row.state != before:
        Passback.objects.filter(pk=row.pk, version=row.version, state=before).update(state=row.state, words=row.words)


def _name(line_item: LineItem, sub: str) -> str:
    platform = line_item.lms_course.platform
    identity = platform.identities.filter(sub=sub).select_related("user").first()
    return identity.user.display_name if identity else sub
