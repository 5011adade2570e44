"""A way from a frame to the teaching pages in a window of their own.

A frame has a session of its own, which the browser does not send from a window. So the form in the frame carries a
pass: who it is, and which course. It works for an hour, and not after the person was signed out everywhere.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from server.accounts.models import User
from server.courses.models import Course
from server.lti.errors import LostState

SALT = "lti: from a frame to a window"
VALID_FOR = 3600  # seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class TeachingPass:
    """The person and the course of a pass."""

    user: User
    course: Course


def make_pass(user: User, course: Course) -> str:
    """Return a pass for somebody who teaches a course, for a form in a frame."""
    return signing.dumps({"user": user.pk, "course": course.pk, "session": _mark(user)}, salt=SALT)


def read_pass(text: str) -> TeachingPass:
    """Return the person and the course of a pass. Raises LostState if it is too old, or not valid any more."""
    try:
        found = signing.loads(text, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        raise LostState("the pass is not valid, or too old") from None
    user = User.objects.filter(pk=found["user"], is_active=True).first()
    course = Course.objects.filter(pk=found["course"]).first()
    if user is None or course is None or not hmac.compare_digest(found["session"], _mark(user)):
        raise LostState("the person was signed out")
    if not user.has_perm("courses.teach", course):
        raise LostState("the person does not teach the course any more")
    return TeachingPass(user=user, course=course)


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent a form."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return origin_is_ours(request.headers.get("Origin", ""))


def origin_is_ours(origin: str) -> bool:
    """Whether an origin is the one of our public address."""
    parts = urlsplit(settings.PUBLIC_URL)
    return origin == f"{parts.scheme}://{parts.netloc}"


def _mark(user: User) -> str:
    """Return a text that changes when the sessions of a person end."""
    return signing.Signer(salt=SALT).signature(user.get_session_auth_hash())
