"""The list of all courses."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from server.accounts.administration import require_administrator
from server.accounts.requests import Request
from server.administration.forms import CoursesForm
from server.administration.selectors import courses_page


@never_cache
@require_GET
def all_courses(request: Request) -> HttpResponse:
    """All courses of this server. An administrator opens each as an instructor."""
    require_administrator(request)
    form = CoursesForm(request.GET)
    page = courses_page(*form.filters, after=request.GET.get("after", ""))
    return render(request, "administration/courses.html", {"tab": "courses", "form": form, "page": page})
