"""A page as a student of the course sees it, for somebody who teaches there.

An LMS lets teachers look at their course as a student ("Switch role to" in Moodle). A launch meanwhile opens the page
as students see it. Only this view changes: the stored role, and the other tabs of the same browser, stay as they are.
Everybody can put the parameter into an address, because it takes rights away and gives none.
"""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from server.accounts.models import User
from server.courses.models import Course, Role
from server.courses.roles import view_as_student

AS_STUDENT = {"view": Role.STUDENT.value}


class StudentView:
    """Middleware, after the authentication: shows pages with `?view=student`, and their parts, as students see them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the teacher's role from this request's person if the page is a student's view."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: dict[str, object]
    ) -> None:
        """Find the course of the page in its address. Pages of other addresses stay as they are."""
        if not is_student_view(request) or not isinstance(request.user, User):
            return
        course = _course_of(kwargs)
        if course is not None:
            request.student_view = view_as_student(request.user, course)  # type: ignore[attr-defined]


def _course_of(kwargs: dict[str, object]) -> Course | None:
    """Return the course that the parameters of an address name: by itself, or by a submission."""
    for name in ("course", "slug"):
        if (slug := kwargs.get(name)) and (course := Course.objects.filter(slug=slug).first()):
            return course
    pk = kwargs.get("pk")
    if isinstance(pk, UUID):
        return Course.objects.filter(assignments__submissions=pk).first()
    return None


def is_student_view(request: HttpRequest) -> bool:
    """Whether the page is shown as to a student. A part that a script fetches belongs to the page that fetches it."""
    page = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    return all(request.GET.get(name) == value or page.get(name) == [value] for name, value in AS_STUDENT.items())
