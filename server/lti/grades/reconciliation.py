"""Compares a column of a platform with our grades. Changes nothing on the platform.

The differences are stored with the column, and an instructor decides which scores are sent again. If a score arrived
and the platform now has another one, its state becomes DIFFERS; if a score was refused and the platform has the right
one all the same, its state becomes SENT.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from server.lti.errors import ServiceError
from server.lti.grades import line_items
from server.lti.grades.explanations import RefusalCause, explain
from server.lti.grades.line_items import PlatformResult
from server.lti.models import LineItem, Passback, PassbackState
from server.lti.publish import publish_compare

LATE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A grade that differs: the shares of the points here and there; `row` is None if we never had a score to send."""

    who: str
    row: Passback | None
    ours: float | None
    theirs: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON that is stored."""
        return {
            "who": self.who,
            "row": self.row.pk if self.row else None,
            "version": self.row.version if self.row else None,
            "ours": self.ours,
            "theirs": self.theirs,
        }


def request(line_item: LineItem) -> None:
    """Request the comparison of a column. A worker makes it, because a platform can take long to answer."""
    LineItem.objects.filter(pk=line_item.pk).update(asked_at=timezone.now())
    publish_compare(line_item.pk)


def overdue() -> list[int]:
    """Return the columns whose comparison was requested minutes ago and not made: the message was lost."""
    now = timezone.now()
    lost = list(LineItem.objects.filter(asked_at__lt=now - LATE).values_list("pk", flat=True))
    LineItem.objects.filter(pk__in=lost).update(asked_at=now)
    return lost


def compare(pk: int) -> None:
    """Compare a column and store the differences, or the platform's explanation if the column cannot be read."""
    line_item = LineItem.objects.select_related("lms_course__deployment__platform").filter(pk=pk).first()
    if line_item is None:
        return
    found: dict[str, Any] = {"asked_at": None, "compared_at": timezone.now(), "compare_error": "", "missing_at": None}
    try:
        found["differences"] = [one.to_dict() for one in reconcile(line_item)]
    except ServiceError as error:
        is_missing = explain(error.words).problem == RefusalCause.COLUMN
        missing_at = line_item.missing_at or (timezone.now() if is_missing else None)
        found |= {"compared_at": line_item.compared_at, "compare_error": error.words[:300], "missing_at": missing_at}
    LineItem.objects.filter(pk=pk).update(**found)


def reconcile(line_item: LineItem) -> list[Difference]:
    """Compare a column with our grades and return the differences. Changes nothing on the platform.

    Scores that are pending, or were sent while we read, are left out. Raises ServiceError if the column cannot be read.
    """
    before = _rows(line_item)
    results = {one.sub: one for one in line_items.read_results(line_item)} if line_item.url else {}
    found = {sub: one.share for sub, one in results.items()}
    after = _rows(line_item)
    settled = {sub: row for sub, row in after.items() if row.state != PassbackState.PENDING}
    still = {sub: row for sub, row in settled.items() if sub in before and _is_unchanged(before[sub], row)}
    differences = []
    for sub, row in still.items():
        ours, theirs = _own_share(row), found.get(sub)
        _store_kept(row, results.get(sub))
        _update_state(row, ours, theirs)
        if not line_items.are_equal(ours, theirs):
            differences.append(Difference(who=row.identity.user.display_name, row=row, ours=ours, theirs=theirs))
    for sub in sorted(found.keys() - before.keys() - after.keys()):
        if found[sub] is not None:
            differences.append(Difference(who=_name(line_item, sub), row=None, ours=None, theirs=found[sub]))
    return differences


def _store_kept(row: Passback, there: PlatformResult | None) -> None:
    """Store the grade that the platform shows, or that it shows none."""
    kept = {"kept_given": there.points, "kept_most": there.max_points} if there else {"kept_given": None}
    Passback.objects.filter(pk=row.pk).update(kept_at=timezone.now(), **kept)


def _rows(line_item: LineItem) -> dict[str, Passback]:
    rows = line_item.passbacks.select_related("identity__user").order_by("identity__user__last_name", "pk")
    return {row.identity.sub: row for row in rows}


def _is_unchanged(before: Passback, after: Passback) -> bool:
    return (before.version, before.state, before.sent_at) == (after.version, after.state, after.sent_at)


def _own_share(row: Passback) -> float | None:
    return None if row.given is None or row.most <= 0 else line_items.share(row.given, row.most)


def _update_state(row: Passback, ours: float | None, theirs: float | None) -> None:
    """Set the row's state to what was found: after a score arrived, the platform's grade can have changed."""
    before = row.state
    if row.state == PassbackState.SENT and not line_items.are_equal(ours, theirs):
        row.state = PassbackState.DIFFERS
        row.words = "There is no grade there." if theirs is None else f"There: {theirs:.2%} of the points."
    elif row.state in {PassbackState.DIFFERS, PassbackState.FAILED} and line_items.are_equal(ours, theirs):
        row.state, row.words = PassbackState.SENT, ""
    if row.state != before:
        Passback.objects.filter(pk=row.pk, version=row.version, state=before).update(state=row.state, words=row.words)


def _name(line_item: LineItem, sub: str) -> str:
    platform = line_item.lms_course.platform
    identity = platform.identities.filter(sub=sub).select_related("user").first()
    return identity.user.display_name if identity else sub
