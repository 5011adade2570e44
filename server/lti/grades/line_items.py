"""Columns of a platform's gradebook (LTI: line items): finding or making one, its scores and its results.

We make a column only where the activity has none of its own, and never delete one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from server.gradebook.models import Assignment
from server.lti.errors import ServiceError
from server.lti.models import Family, LineItem, Passback, in_time
from server.lti.platform import access
from server.lti.platform.claims import LINE_ITEM, RESULT, SCORE
from server.lti.platform.paging import pages
from server.lti.platform.transport import Answer

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
TAG = "chainrule"
CANVAS = "https://canvas.instructure.com/lti/submission"
# Two shares of the points that lie nearer than this are the same: platforms round to some decimals.
SAME = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What stands in a cell of a platform: points of a maximum. No points: nothing stands there."""

    sub: str
    given: float | None
    most: float

    @property
    def share(self) -> float | None:
        """The share of the points, as platforms rescale them; None where nothing stands there."""
        return None if self.given is None else share(self.given, self.most)


def share(given: float, most: float) -> float:
    """Return points as a share of their maximum."""
    return given / most if most > 0 else 0.0


def same(one: float | None, other: float | None) -> bool:
    """Whether two shares are the same, as far as platforms keep them. What is over the maximum, they cut off."""
    if one is None or other is None:
        return one is other
    return abs(min(one, 1.0) - min(other, 1.0)) <= SAME


def address(line_item: LineItem) -> str:
    """Return where a column is, found or made if need be; ServiceError where that cannot be done (now)."""
    return line_item.url or _made(line_item)


def send_score(row: Passback, url: str, *, stamped_at: datetime) -> Answer:
    """Send a score as it stands in the row, with a moment, and return the answer, whatever it is."""
    body = json.dumps(score_of(row, stamped_at)).encode()
    platform = row.identity.platform
    return access.request(platform, [SCORE], "POST", under(url, "scores"), content_type=SCORE_TYPE, body=body)


def score_of(row: Passback, stamped_at: datetime) -> dict[str, Any]:
    """Return what is sent: our own points of our own maximum, always final. Anything less wipes what is there."""
    score: dict[str, Any] = {
        "userId": row.identity.sub,
        "scoreGiven": row.given,
        "scoreMaximum": row.most,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": stamp(stamped_at),
    }
    if row.submitted_at is not None:
        score["submission"] = {"submittedAt": stamp(row.submitted_at)}
    if row.identity.platform.family == Family.CANVAS:
        score[CANVAS] = {"new_submission": row.submitted_at != row.sent_submitted_at or row.sent_at is None}
        if row.submitted_at is not None:
            score[CANVAS]["submitted_at"] = stamp(row.submitted_at)
    return score


def results(line_item: LineItem, *, sub: str = "") -> Iterator[Result]:
    """Yield what stands in a column, or in one person's cell of it."""
    url = under(line_item.url, "results", **({"user_id": sub} if sub else {}))
    for page in pages(line_item.lms_course.platform, [RESULT], url, accept=RESULTS_TYPE):
        for one in page if isinstance(page, list) else []:
            found = _result(one)
            if found is not None and sub in {"", found.sub}:
                yield found


def under(url: str, name: str, **query: str) -> str:
    """Return an address below a column's: in the path, for Moodle's columns carry a query."""
    parts = urlsplit(url)
    joined = "&".join(filter(None, [parts.query, urlencode(query)]))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=joined, fragment=""))


def stamp(moment: datetime) -> str:
    """Return a moment as platforms read it. Fractions of a second are there, for some want them."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _result(data: Any) -> Result | None:
    if not isinstance(data, dict) or not isinstance(data.get("userId"), str | int):
        return None
    given, most = data.get("resultScore"), data.get("resultMaximum", 1)
    if not isinstance(most, int | float) or not isinstance(given, int | float | None):
        return None
    return Result(sub=str(data["userId"]), given=given, most=float(most))


def _made(line_item: LineItem) -> str:
    """Find the column that we made before, or make it: one worker at a time, for two would make two columns."""
    if not line_item.lms_course.line_items_url or LINE_ITEM not in line_item.lms_course.scopes:
        raise ServiceError("The platform does not let us make a column.", status=403)
    if not _claim(line_item):
        raise ServiceError("The column is being made.")
    try:
        line_item.url = _found(line_item) or _post(line_item)
        LineItem.objects.filter(pk=line_item.pk).update(url=line_item.url, ours=True)
    finally:
        LineItem.objects.filter(pk=line_item.pk).update(making_until=None)
    return line_item.url


@transaction.atomic
def _claim(line_item: LineItem) -> bool:
    row = LineItem.objects.select_for_update().get(pk=line_item.pk)
    now = timezone.now()
    if row.url or in_time(row.making_until, now):
        return False
    row.making_until = now + timedelta(seconds=8 * settings.LTI_TIMEOUT)
    row.save(update_fields=["making_until"])
    return True


def _found(line_item: LineItem) -> str:
    """Return the address of the column with our tag and resource; empty where there is none."""
    course = line_item.lms_course
    resource = resource_of(line_item.assignment)
    query = urlencode({"resource_id": resource, "tag": TAG})
    url = f"{course.line_items_url}{'&' if '?' in course.line_items_url else '?'}{query}"
    for page in pages(course.platform, [LINE_ITEM], url, accept=LINE_ITEMS_TYPE):
        for one in page if isinstance(page, list) else []:
            is_ours = isinstance(one, dict) and (one.get("resourceId"), one.get("tag")) == (resource, TAG)
            if is_ours and isinstance(one.get("id"), str):
                return one["id"]
    return ""


def _post(line_item: LineItem) -> str:
    course, assignment = line_item.lms_course, line_item.assignment
    column = {
        "scoreMaximum": assignment.points,
        "label": assignment.title,
        "resourceId": resource_of(line_item.assignment),
        "tag": TAG,
    }
    answer = access.request(
        course.platform,
        [LINE_ITEM],
        "POST",
        course.line_items_url,
        accept=LINE_ITEM_TYPE,
        content_type=LINE_ITEM_TYPE,
        body=json.dumps(column).encode(),
    )
    if not answer.good:
        raise ServiceError(answer.words, status=answer.status, retry_after=answer.retry_after)
    made = answer.json()
    if not isinstance(made, dict) or not isinstance(made.get("id"), str) or not made["id"]:
        raise ServiceError("The platform made a column without saying where.")
    return made["id"]


def resource_of(assignment: Assignment) -> str:
    """Return what a column of ours is called between the platform and us: it names the assignment for good."""
    return f"chainrule-{assignment.pk}"
