"""Assignments: the list, their terms, and how each exercise does."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.analytics import selectors as class_analytics
from server.analytics.selectors import Mistake
from server.catalogue.exercises import broken_exercises
from server.common.moment_fields import notes_of
from server.courses.access import require, section_choice, taught_course
from server.courses.visibility import visible_people
from server.dashboard.charts import bars, lines
from server.dashboard.forms import AssignmentForm, HintRuleForm, NewAssignmentForm
from server.dashboard.selectors.analytics import analytics as figures
from server.dashboard.selectors.gradebook import tried_and_passed
from server.gradebook.errors import GradeError, Invalid, TitleTaken
from server.gradebook.models import Assignment, Grade
from server.gradebook.selectors import usable_versions
from server.gradebook.services import change_terms, follow, set_exercise, stay
from server.gradebook.services import withdraw as take_away
from server.hints.selectors import hint_counts
from server.packages.content import broken_packages

# How many of the most frequent mistakes are drawn over time.
OVER_TIME = 5
LONGEST_NAME = 60


@require_GET
def assignments(request: Request, slug: str) -> HttpResponse:
    """The assignments of a course, and how many tried and passed each."""
    course = taught_course(request, slug)
    every = list(course.assignments.select_related("course"))
    choice = section_choice(request, course)
    counted = tried_and_passed(every, people=choice.people)
    context = {
        "course": course,
        "tab": "assignments",
        "rows": [(one, counted.get(one.pk, {})) for one in every],
        "drafts": sum(one.is_draft for one in every),
        "students": choice.people.students.count(),
        "choice": choice,
        "hint_form": HintRuleForm(instance=course),
        "held": sum(one.results_held for one in every),
    }
    return render(request, "dashboard/assignments.html", context)


@require_POST
def hints(request: Request, slug: str) -> HttpResponse:
    """Set when hints open in the course, and if it shows edits."""
    course = taught_course(request, slug, permission="assignments.change")
    form = HintRuleForm(request.POST, instance=course)
    if form.is_valid():
        course.save(update_fields=["hint_rule", "show_edit"])
        messages.success(request, "Saved.")
    else:
        messages.error(request, "Choose one of the rules for hints.")
    return redirect("dashboard:assignments", course.slug)


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Create an assignment: choose its exercise and terms."""
    course = taught_course(request, slug, permission="assignments.change")
    form = NewAssignmentForm(
        request.POST or None, instance=Assignment(course=course), initial={"exercise": _asked_exercise(request)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = set_exercise(form.save(commit=False), package=form.package)
            messages.success(request, f"{made.title} is set.")
            for note in notes_of(form):
                messages.info(request, note)
            return redirect("dashboard:assignment", course.slug, made.pk)
        except GradeError as error:
            form.add_error("own_title" if isinstance(error, TitleTaken) else "slug", str(error))
    context = {
        "course": course,
        "tab": "assignments",
        "form": form,
        "broken": broken_exercises() + broken_packages(course),
    }
    return render(request, "dashboard/new_assignment.html", context, status=422 if form.errors else 200)


def _asked_exercise(request: Request) -> str:
    """Return the choice that a link to the form names: an exercise of the installation, or the package of a course."""
    package = request.GET.get("package", "")
    return f"package-{package}" if package else request.GET.get("exercise", "")


@require_POST
def withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    """Remove an assignment from the course if nobody has worked on it."""
    course = taught_course(request, slug, permission="assignments.change")
    one = get_object_or_404(course.assignments.select_related("course"), pk=pk)
    try:
        take_away(one)
    except GradeError as error:
        messages.error(request, str(error))
        return redirect("dashboard:assignment", course.slug, pk)
    messages.success(request, f"{one.title} is no longer part of the course.")
    return redirect("dashboard:assignments", course.slug)


@require_http_methods(["GET", "POST"])
def assignment(request: Request, slug: str, pk: int) -> HttpResponse:
    """The terms of an assignment, its extensions, and a form to change the terms."""
    course = taught_course(request, slug)
    one = get_object_or_404(course.assignments.select_related("course"), pk=pk)
    form = AssignmentForm(request.POST or None, instance=one)
    if request.method == "POST":
        require(request.user, "assignments.change", course)
        if form.is_valid() and _save_terms(request, form):
            return redirect("dashboard:assignment", course.slug, one.pk)
    seen = Grade.objects.filter(visible_people(request.user, course).by_students(), assignment=one)
    extended = seen.exclude(due_at=None, closes_at=None, extra_attempts=0)
    context = {
        "course": course,
        "tab": "assignments",
        "assignment": one,
        "form": form,
        "versions": usable_versions(one),
        # The form changes the assignment in memory, also if it is refused.
        "held": Assignment.objects.filter(pk=one.pk, results_held=True).exists(),
        "touched": one.grades.exists() or one.submissions.exists(),
        "extended": extended.select_related("learner").order_by("learner__last_name", "learner__username"),
    }
    return render(request, "dashboard/assignment.html", context, status=422 if form.errors else 200)


@require_POST
def version(request: Request, slug: str, pk: int) -> HttpResponse:
    """Let an assignment follow the published version of its exercise, or stay with the version `number`."""
    course = taught_course(request, slug, permission="assignments.change")
    one = get_object_or_404(course.assignments.select_related("course"), pk=pk)
    number = request.POST.get("number", "")
    chosen = next((row for row in usable_versions(one) if str(row.number) == number), None)
    try:
        if chosen is not None:
            stay(one, chosen, by=request.user)
        elif number == "follow":
            follow(one, by=request.user)
        else:
            raise Invalid("Choose one of the versions.")
        messages.success(request, "Saved. No grade changed.")
    except GradeError as error:
        messages.error(request, str(error))
    return redirect("dashboard:assignment", course.slug, one.pk)


def _save_terms(request: Request, form: AssignmentForm) -> bool:
    """Save the terms in a valid form and say what changed; False if they are refused, with an error in the form."""
    if not form.has_changed():
        messages.success(request, "Nothing was changed.")
        return True
    try:
        changed = change_terms(form.save(commit=False), by=request.user)
    except GradeError as error:
        form.add_error("own_title", str(error))
        return False
    messages.success(request, f"Saved. {_grades(len(changed))} changed.")
    for note in notes_of(form):
        messages.info(request, note)
    return True


@require_GET
def analytics(request: Request, slug: str, pk: int) -> HttpResponse:
    """How an exercise does: scores, attempts, failing checks, and mistakes over time."""
    course = taught_course(request, slug)
    one = get_object_or_404(course.assignments.select_related("course"), pk=pk)
    choice = section_choice(request, course)
    people = choice.people
    found = figures(one, people=people)
    mistakes = class_analytics.mistakes_in(one, people=people)
    names = _names(mistakes[:OVER_TIME])
    by_day = class_analytics.mistakes_by_day(one, names, people=people)
    days = {names[key]: counts for key, counts in by_day.items()}
    context = {
        "course": course,
        "tab": "assignments",
        "assignment": one,
        "choice": choice,
        "figures": found,
        "checks": class_analytics.check_rates(one, people=people),
        "mistakes": mistakes,
        "seconds": class_analytics.run_seconds(one, people=people),
        "hints": hint_counts(one, people=people),
        "charts": {
            "scores": bars(found.scores, "Students"),
            "attempts": bars(found.attempts, "Students"),
            "days": lines(days),
        },
        "days": _table(days),
    }
    return render(request, "dashboard/analytics.html", context)


def _grades(count: int) -> str:
    return "1 grade" if count == 1 else f"{count} grades"


def _names(mistakes: Sequence[Mistake]) -> dict[str, str]:
    """Return a unique name for each mistake in a chart: its diagnosis, else the check that fails."""
    names: dict[str, str] = {}
    for one in mistakes:
        label = one.text if one.is_diagnosis and one.text else one.title
        name = Truncator(label.replace("`", "")).chars(LONGEST_NAME)
        names[one.mistake] = f"{name} ({one.mistake})" if name in names.values() else name
    return names


def _table(days: dict) -> tuple[list[str], list[tuple]]:
    """Return the mistakes over time as a table: the mistakes across, the days down."""
    every = sorted({day for counts in days.values() for day in counts})
    return list(days), [(day, [counts.get(day, 0) for counts in days.values()]) for day in every]
