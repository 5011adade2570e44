"""Columns of a platform's gradebook (LTI: line items): find or create one, send scores to it, read its results.

We create a column only if the activity has none of its own, and never delete one.
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
from server.lti.models import Family, LineItem, LmsCourse, Passback, ResourceLink, is_ahead
from server.lti.platform import http_client, service_client
from server.lti.platform.claims import LINE_ITEM, RESULT, SCORE
from server.lti.platform.paging import fetch_pages
from server.outbox.http_client import Answer

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
TAG = "chainrule"
CANVAS = "https://canvas.instructure.com/lti/submission"
# Two shares of the points are equal if they differ by at most this much: platforms round to some decimals.
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformResult:
    """A person's grade in a platform's column: points of a maximum. `points` is None if there is no grade."""

    sub: str
    points: float | None
    max_points: float

    @property
    def share(self) -> float | None:
        """The share of the points (platforms rescale the points themselves); None if there is no grade."""
        return None if self.points is None else share(self.points, self.max_points)


def share(points: float, max_points: float) -> float:
    """Return points as a share of their maximum."""
    return points / max_points if max_points > 0 else 0.0


def are_equal(one: float | None, other: float | None) -> bool:
    """Whether two shares are equal as platforms store them: rounded, and at most the maximum."""
    if one is None or other is None:
        return one is other
    return abs(min(one, 1.0) - min(other, 1.0)) <= TOLERANCE


def find_or_create(line_item: LineItem) -> str:
    """Return the URL of a column; find or create the column first if needed. Raises ServiceError if that fails."""
    return line_item.url or _find_or_create(line_item)


def assignments_there(lms_course: LmsCourse) -> frozenset[int]:
    """Return the keys of the assignments that have an activity in an LMS course.

    The columns there tell it, also of activities that nobody has opened yet. Activities without points have none: those
    count that were opened. So do all if the columns cannot be read.
    """
    links = ResourceLink.objects.filter(lms_course=lms_course, assignment__isnull=False).select_related("assignment")
    opened = [link.assignment for link in links if link.assignment is not None]
    if not lms_course.line_items_url or LINE_ITEM not in lms_course.scopes:
        return frozenset(one.pk for one in opened)
    try:
        columns = list(_list(lms_course, lms_course.line_items_url))
    except ServiceError:
        return frozenset(one.pk for one in opened)
    known = dict(lms_course.line_items.exclude(url="").values_list("url", "assignment"))
    ids = {resource_id(one): one.pk for one in Assignment.objects.filter(course=lms_course.course_id)}
    found = [ids.get(str(one.get("resourceId")), known.get(str(one.get("id")))) for one in columns]
    return frozenset({key for key in found if key} | {one.pk for one in opened if one.points <= 0})


def send_score(row: Passback, url: str, *, stamped_at: datetime) -> Answer:
    """Send the score of a row with a timestamp, and return the answer, whatever its status."""
    body = json.dumps(score_of(row, stamped_at)).encode()
    platform = row.identity.platform
    return service_client.request(platform, [SCORE], "POST", under(url, "scores"), content_type=SCORE_TYPE, body=body)


def score_of(row: Passback, stamped_at: datetime) -> dict[str, Any]:
    """Return the JSON of a score: our points of our maximum, always final. Anything else deletes the grade there."""
    score: dict[str, Any] = {
        "userId": row.identity.sub,
        "scoreGiven": row.given,
        "scoreMaximum": row.most,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": timestamp(stamped_at),
    }
    if row.submitted_at is not None:
        score["submission"] = {"submittedAt": timestamp(row.submitted_at)}
    if row.identity.platform.family == Family.CANVAS:
        score[CANVAS] = {"new_submission": row.submitted_at != row.sent_submitted_at or row.sent_at is None}
        if row.submitted_at is not None:
            score[CANVAS]["submitted_at"] = timestamp(row.submitted_at)
    return score


def read_results(line_item: LineItem, *, sub: str = "") -> Iterator[PlatformResult]:
    """Yield the grades in a column, or only one person's. Raises ServiceError if they cannot be read."""
    url = under(line_item.url, "results", **({"user_id": sub} if sub else {}))
    for page in fetch_pages(line_item.lms_course.platform, [RESULT], url, accept=RESULTS_TYPE):
        for one in page if isinstance(page, list) else []:
            found = _result(one)
            if found is not None and sub in {"", found.sub}:
                yield found


def under(url: str, name: str, **query: str) -> str:
    """Return a URL below a column's. `name` is added to the path, because Moodle's column URLs have a query."""
    parts = urlsplit(url)
    joined = "&".join(filter(None, [parts.query, urlencode(query)]))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", query=joined, fragment=""))


def timestamp(moment: datetime) -> str:
    """Return a time in the format that platforms read. It has milliseconds, because some platforms require them."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _result(data: Any) -> PlatformResult | None:
    if not isinstance(data, dict) or not isinstance(data.get("userId"), str | int):
        return None
    points, max_points = data.get("resultScore"), data.get("resultMaximum", 1)
    if not isinstance(max_points, int | float) or not isinstance(points, int | float | None):
        return None
    return PlatformResult(sub=str(data["userId"]), points=points, max_points=float(max_points))


def _find_or_create(line_item: LineItem) -> str:
    """Find the column that we created before, or create it. One worker at a time: two would create two columns."""
    if not line_item.lms_course.line_items_url or LINE_ITEM not in line_item.lms_course.scopes:
        raise ServiceError("The platform does not let us create a column.", status=403)
    if not _claim(line_item):
        raise ServiceError("The column is being created.")
    try:
        line_item.url = _find(line_item) or _create(line_item)
        LineItem.objects.filter(pk=line_item.pk).update(url=line_item.url, ours=True)
    finally:
        LineItem.objects.filter(pk=line_item.pk).update(making_until=None)
    return line_item.url


@transaction.atomic
def _claim(line_item: LineItem) -> bool:
    row = LineItem.objects.select_for_update().get(pk=line_item.pk)
    now = timezone.now()
    if row.url or is_ahead(row.making_until, now):
        return False
    row.making_until = now + timedelta(seconds=8 * settings.LTI_TIMEOUT)
    row.save(update_fields=["making_until"])
    return True


def _find(line_item: LineItem) -> str:
    """Return the URL of the column with our tag and resource id; empty if there is none."""
    course = line_item.lms_course
    resource = resource_id(line_item.assignment)
    query = urlencode({"resource_id": resource, "tag": TAG})
    url = f"{course.line_items_url}{'&' if '?' in course.line_items_url else '?'}{query}"
    for one in _list(course, url):
        is_ours = (one.get("resourceId"), one.get("tag")) == (resource, TAG)
        if is_ours and isinstance(one.get("id"), str):
            return str(one["id"])
    return ""


def _list(course: LmsCourse, url: str) -> Iterator[dict[str, Any]]:
    """Yield the columns at an address."""
    for page in fetch_pages(course.platform, [LINE_ITEM], url, accept=LINE_ITEMS_TYPE):
        yield from (one for one in (page if isinstance(page, list) else []) if isinstance(one, dict))


def _create(line_item: LineItem) -> str:
    course, assignment = line_item.lms_course, line_item.assignment
    column = {
        "scoreMaximum": assignment.points,
        "label": assignment.title,
        "resourceId": resource_id(line_item.assignment),
        "tag": TAG,
    }
    answer = service_client.request(
        course.platform,
        [LINE_ITEM],
        "POST",
        course.line_items_url,
        accept=LINE_ITEM_TYPE,
        content_type=LINE_ITEM_TYPE,
        body=json.dumps(column).encode(),
    )
    created = http_client.read_json(http_client.check_success(answer))
    if not isinstance(created, dict) or not isinstance(created.get("id"), str) or not created["id"]:
        raise ServiceError("The platform created a column and did not send its address.")
    return created["id"]


def resource_id(assignment: Assignment) -> str:
    """Return the id of a column that we create. It belongs to the assignment and never changes."""
    return f"chainrule-{assignment.pk}"
