"""Redirects addresses with a former slug of a course to the present one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from server.courses.access import READING
from server.courses.models import FormerSlug

COURSES = "courses"


class FormerAddress:
    """Middleware, after the sign-in: asks only if there is no page at an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, or a redirect if somebody who can see the course used a former slug of it."""
        response = self.get_response(request)
        if response.status_code == 404 and request.method in READING:
            return _moved(request) or response
        return response


def _moved(request: HttpRequest) -> HttpResponse | None:
    _, start, slug, *rest = [*request.path.split("/", 3), "", "", ""]
    if start != COURSES or not slug or not request.user.is_authenticated:
        return None
    former = FormerSlug.objects.select_related("course").filter(slug=slug).first()
    if former is None or not request.user.has_perm("courses.view", former.course):
        return None
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    return HttpResponseRedirect(f"/{COURSES}/{former.course.slug}/{rest[0]}{query}")
