"""In which zone a page shows times: in the person's own, else the course's, else the installation's.

Forms ask for times in the course's zone, whatever zone their reader has: see `server.courses.moments`.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from server.accounts.models import User
from server.common.zones import find_zone
from server.courses.models import Course
from server.courses.roles import Person


def show_times_of(course: Course, reader: Person) -> None:
    """Show the times of this request in a course's zone, unless the reader chose a zone of their own."""
    if not (isinstance(reader, User) and reader.time_zone):
        timezone.activate(course.zone)


def zone_for(reader: User, course: Course) -> ZoneInfo:
    """Return the zone in which a mail about a course shows times to a person."""
    return find_zone(reader.time_zone) if reader.time_zone else course.zone


class ReadersZone:
    """Middleware that shows times in the reader's zone, or the installation's. It comes after the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, then forget the zone: the thread answers others."""
        timezone.deactivate()
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Choose the zone as soon as the person is known. Pages without a sign-in do not ask who it is."""
        if getattr(view, "login_required", True) and isinstance(request.user, User):
            timezone.activate(find_zone(request.user.time_zone))
