"""The rules of the total of a course: weights of units, and the lowest results that are dropped."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from server.accounts.requests import Request
from server.courses.access import require, taught_course
from server.dashboard.forms import TotalForm
from server.gradebook.course_totals import rules_of, set_rules, units_of


@require_http_methods(["GET", "POST"])
def total(request: Request, slug: str) -> HttpResponse:
    """What each unit is worth in the total of the course."""
    course = taught_course(request, slug, permission="grades.view")
    units = units_of(course.assignments.all())
    form = TotalForm(request.POST or None, units=units, rules=rules_of(course))
    if request.method == "POST":
        require(request.user, "assignments.change", course)
        if form.is_valid():
            set_rules(course, form.rules, by=request.user)
            messages.success(request, "Saved. All totals follow these rules from now on.")
            return redirect("dashboard:total", course.slug)
    context = {"course": course, "tab": "gradebook", "form": form}
    return render(request, "dashboard/total.html", context, status=422 if form.errors else 200)
