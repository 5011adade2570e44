"""More time for one or many students: in every assignment, or in chosen ones."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.visibility import visible_people
from server.dashboard.forms import KEY_DIGITS, MoreTimeForm
from server.gradebook.accommodations import extend, set_more_time
from server.gradebook.errors import GradeError
from server.gradebook.models import Accommodation


@require_http_methods(["GET", "POST"])
def more_time(request: Request, slug: str) -> HttpResponse:
    """Give more time, and see who has more time in every assignment. `?person=KEY` and `?section=KEY` choose people."""
    course = taught_course(request, slug, permission="grades.extend")
    people = visible_people(request.user, course)
    chosen = [key for key in request.GET.getlist("person") if key.isdecimal() and len(key) <= KEY_DIGITS]
    begin = {"people": chosen, "section": request.GET.get("section")}
    form = MoreTimeForm(request.POST or None, people=people, initial=begin)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _give(request, form))
            return redirect("dashboard:more-time", course.slug)
        except GradeError as error:
            form.add_error(None, str(error))
    rows = Accommodation.objects.filter(people.about(), course=course).select_related("learner", "by")
    context = {
        "course": course,
        "tab": "people",
        "form": form,
        "rows": rows.order_by("learner__last_name", "learner__username"),
    }
    return render(request, "dashboard/more_time.html", context, status=422 if form.errors else 200)


def _give(request: Request, form: MoreTimeForm) -> str:
    """Do what a valid form asks for, and return what was done. Raises GradeError."""
    course, learners, data = form.visible.course, form.learners, form.cleaned_data
    if data["which"] == MoreTimeForm.EVERY:
        count = set_more_time(course, learners, form.more, by=request.user, why=data["why"])
        return f"Saved. The time of {count} {'person' if count == 1 else 'people'} changed."
    changes = extend(list(data["assignments"]), learners, days=data["days"], by=request.user, why=data["why"])
    return f"Saved. {len(changes)} due date{' was' if len(changes) == 1 else 's were'} extended."
