"""The gradebook and its exports, a student, and the record of changes."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.courses.access import section_choice, taught_course
from server.courses.selectors import get_person, is_former
from server.courses.visibility import visible_people
from server.dashboard.forms import QueryForm
from server.dashboard.selectors import gradebook as select
from server.gradebook.course_totals import rules_of, staff_total
from server.gradebook.exports import Format
from server.gradebook.exports import export as write
from server.gradebook.models import Accommodation, Grade, GradeChange
from server.gradebook.selectors import more_time_in
from server.gradebook.slip_days import pools
from server.submissions.statuses import statuses

CHANGES_PER_PAGE = 50


@require_GET
def gradebook(request: Request, slug: str) -> HttpResponse:
    """Students by assignments, a page at a time."""
    course = taught_course(request, slug, permission="grades.view")
    units = list(dict.fromkeys(one.unit for one in course.assignments.published()))
    form = QueryForm(request.GET, units=units)
    query = form.query(request.GET.get("page", ""))
    choice = section_choice(request, course)
    table = select.gradebook(choice.people, query)
    context = {
        "course": course,
        "tab": "gradebook",
        "form": form,
        "choice": choice,
        "query": query,
        "table": table,
        "formats": list(Format),
    }
    return render(request, "dashboard/gradebook.html", context)


@require_GET
def export(request: Request, slug: str, form: str) -> HttpResponse:
    """The grades of all students of the course whom the person can see, or of one section, as a file."""
    course = taught_course(request, slug, permission="grades.export")
    if form not in list(Format):
        raise Http404
    file = write(section_choice(request, course).people, Format(form))
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(file.content, content_type=file.media_type, headers=headers)


@require_GET
def student(request: Request, slug: str, pk: int) -> HttpResponse:
    """The standing of one student in every assignment."""
    course = taught_course(request, slug, permission="grades.view")
    learner = get_person(request.user, course, pk)
    context = {
        "course": course,
        "tab": "gradebook",
        "learner": learner,
        "statuses": statuses(learner, course, reader=request.user),
    }
    context["former"] = is_former(learner, course)
    if rules := rules_of(course):
        grades = {
            grade.assignment_id: grade for grade in Grade.objects.filter(learner=learner, assignment__course=course)
        }
        every = course.assignments.select_related("course")
        more = more_time_in(course).get(learner.pk)
        context["course_total"] = staff_total(every, grades, rules, now=timezone.now(), more=more)
    context["slip_days"] = pools(course, [pk], reader=request.user)[pk]
    context["accommodation"] = Accommodation.objects.filter(course=course, learner=learner).first()
    return render(request, "dashboard/student.html", context)


@require_GET
def changes(request: Request, slug: str) -> HttpResponse:
    """Every change of a grade, newest first."""
    course = taught_course(request, slug, permission="grades.view")
    # One object per assignment, so that its title is read once and not once per change.
    assignments = {one.pk: one for one in course.assignments.select_related("course")}
    every = GradeChange.objects.filter(visible_people(request.user, course).about(), assignment__in=assignments)
    if request.GET.get("by") == "people":
        every = every.exclude(by=None)
    rows = every.select_related("learner", "by", "undone_by")
    page = Paginator(rows, CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    for change in page:
        change.assignment = assignments[change.assignment_id]
    context = {"course": course, "tab": "changes", "page": page, "people": request.GET.get("by") == "people"}
    return render(request, "dashboard/changes.html", context)
