"""Deep linking: an instructor picks exercises, and the platform creates activities for them."""

import secrets
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from server.courses.models import Role
from server.gradebook.models import Assignment
from server.lti.errors import AlreadyUsed, BadRequest, InArchive, LaunchError
from server.lti.grades.line_items import TAG, resource_id
from server.lti.launch.login import digest
from server.lti.launch.resolve import Launch
from server.lti.models import Selection, origin_of
from server.lti.platform import claims as c
from server.lti.platform import keys
from server.lti.platform.claims import Claims
from server.lti.platform.tool_urls import tool_url

VALID_FOR = timedelta(hours=4)


class NoSelection(LaunchError):
    """The selection is used, expired, or belongs to another person."""

    status = 404
    title = "There is nothing to pick here"
    advice = "The exercises were picked before, or too long ago. Go back to your course and begin again."


class NotInstructor(LaunchError):
    """The person cannot create activities."""

    status = 403
    title = "Only instructors pick exercises"
    advice = "In this course you are a student. Ask your instructor to add the activity."


def begin(claims: Claims, launch: Launch) -> str:
    """Store a platform's request to pick exercises; return its secret token, for the address of the page."""
    if launch.role not in {Role.INSTRUCTOR, Role.TA}:
        raise NotInstructor("a deep link by somebody who does not teach")
    if launch.course.is_archived:
        raise InArchive("a deep link into an archived course")
    settings = c.part(claims, c.DL_SETTINGS)
    if not origin_of(c.address(settings, "deep_link_return_url")):
        raise BadRequest("a deep link without a return URL")
    if "ltiResourceLink" not in (c.strings(settings, "accept_types") or ["ltiResourceLink"]):
        raise BadRequest("the platform requests something other than activities")
    token = secrets.token_urlsafe(32)
    Selection.objects.create(
        token=digest(token),
        user=launch.user,
        lms_course=launch.lms_course,
        return_url=c.address(settings, "deep_link_return_url"),
        data=c.string(settings, "data", most=100_000),
        multiple=_yes(settings.get("accept_multiple", False)),
        line_items=_yes(settings.get("accept_lineitem", True)),
        expires_at=timezone.now() + VALID_FOR,
    )
    return token


def find(token: str, user: Any) -> Selection:
    """Return an open selection of this person. Raises NoSelection if there is none."""
    rows = Selection.objects.select_related("lms_course__deployment__platform", "lms_course__course")
    found = rows.filter(token=digest(token), user=user.pk).first()
    if found is None or found.has_expired or found.lms_course.course is None:
        raise NoSelection("the selection is unknown, expired, or another person's")
    if found.lms_course.course.is_archived:
        raise InArchive("the course was archived since")
    return found


def answer(selection: Selection, chosen: Sequence[Assignment]) -> str:
    """Return the signed response to the platform. Raises AlreadyUsed the second time."""
    if not Selection.objects.filter(pk=selection.pk).delete()[0]:
        raise AlreadyUsed("the selection was made before")
    platform, now = selection.lms_course.platform, int(time.time())
    return keys.sign(
        {
            "iss": platform.client_id,
            "aud": platform.issuer,
            "iat": now,
            "exp": now + 600,
            "nonce": uuid.uuid4().hex,
            c.MESSAGE_TYPE: "LtiDeepLinkingResponse",
            c.VERSION: "1.3.0",
            c.DEPLOYMENT_ID: selection.lms_course.deployment.deployment_id,
            c.DL_ITEMS: [item(one, line_item=selection.line_items) for one in chosen],
            **({c.DL_DATA: selection.data} if selection.data else {}),
        }
    )


def item(assignment: Assignment, *, line_item: bool) -> dict[str, Any]:
    """Return the content item of an assignment, with its slug as a custom parameter and its own maximum."""
    content: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": assignment.title,
        "url": tool_url("launch"),
        "custom": {"exercise": assignment.slug},
    }
    if line_item and assignment.points > 0:
        content["lineItem"] = {
            "scoreMaximum": assignment.points,
            "label": assignment.title,
            "resourceId": resource_id(assignment),
            "tag": TAG,
        }
    return content


def _yes(value: Any) -> bool:
    return value is True or value == "true"
