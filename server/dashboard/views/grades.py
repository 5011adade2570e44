"""One student's grade in one assignment: submissions, decisions, and making a decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.accounts.models import User
from server.accounts.requests import Request
from server.common.moment_fields import notes_of
from server.courses.access import require, taught_course
from server.courses.models import Course
from server.courses.selectors import get_person, is_former
from server.courses.visibility import visible_people
from server.dashboard.forms import Decided, ExemptForm, ExtendForm, OverrideForm
from server.gradebook.errors import GradeError
from server.gradebook.models import Accommodation, Action, Assignment, Grade, GradeChange
from server.gradebook.selectors import grade_in
from server.gradebook.services import decide as write_decision
from server.gradebook.services import undo as take_back_decision
from server.regrades.errors import RegradeError
from server.regrades.models import Regrade, Stage
from server.regrades.services import take_back as take_back_rescore
from server.submissions.models import Submission
from server.submissions.rendering.presentation import result_of
from server.submissions.selectors import history

# The action, form and permission of each button.
DECISIONS: dict[str, tuple[Action, type[Decided], str]] = {
    "override": (Action.OVERRIDDEN, OverrideForm, "grades.override"),
    "exempt": (Action.EXEMPTED, ExemptForm, "grades.exempt"),
    "extend": (Action.EXTENDED, ExtendForm, "grades.extend"),
}


@require_GET
def grade(request: Request, slug: str, assignment: int, learner: int) -> HttpResponse:
    """A student's grade in an assignment, even if nothing was handed in."""
    course = taught_course(request, slug, permission="grades.view")
    context = _grade(request.user, course, *_whose(request, course, assignment, learner))
    return render(request, "dashboard/grade.html", context)


@require_GET
def submission(request: Request, slug: str, pk: UUID) -> HttpResponse:
    """A submission: its report, code, comments, and the grade that it belongs to."""
    course = taught_course(request, slug)
    return render(
        request, "dashboard/submission.html", _submission(request.user, course, _submission_of(request, course, pk))
    )


@require_POST
def decide(request: Request, slug: str, assignment: int, learner: int, what: str) -> HttpResponse:
    """Override, exempt or extend, with a reason."""
    course = taught_course(request, slug)
    if what not in DECISIONS:
        raise Http404
    action, form_class, permission = DECISIONS[what]
    require(request.user, permission, course)
    about, whom = _whose(request, course, assignment, learner)
    initial = _initial(grade_in(about, whom))[what]
    form = form_class(request.POST, course=course, initial=initial, auto_id=f"{what}-%s")
    if not form.is_valid():
        return render(
            request, "dashboard/grade.html", _grade(request.user, course, about, whom) | {what: form}, status=422
        )
    try:
        changed = write_decision(
            about, whom, action=action, by=request.user, why=form.cleaned_data["why"], **form.decision
        )
    except GradeError as error:
        form.add_error(None, str(error))
        return render(
            request, "dashboard/grade.html", _grade(request.user, course, about, whom) | {what: form}, status=422
        )
    messages.success(request, "Saved, with your reason." if changed else "This changed nothing.")
    for note in notes_of(form):
        messages.info(request, note)
    return redirect("dashboard:grade", course.slug, about.pk, whom.pk)


@require_POST
def undo(request: Request, slug: str, pk: int) -> HttpResponse:
    """Undo a decision."""
    course = taught_course(request, slug, permission="grades.undo")
    rows = GradeChange.objects.select_related("assignment", "undoes")
    seen = visible_people(request.user, course).about()
    change = get_object_or_404(rows.filter(seen), pk=pk, assignment__course=course)
    take_back = take_back_rescore if change.action == Action.REGRADED else take_back_decision
    try:
        take_back(change, by=request.user, why=f"Undid: {change.why}")
        messages.success(request, "Undone. The grade is what it was before.")
    except (GradeError, RegradeError) as error:
        messages.error(request, str(error))
    return redirect("dashboard:grade", course.slug, change.assignment_id, change.learner_id)


def _whose(request: Request, course: Course, assignment: int, learner: int) -> tuple[Assignment, User]:
    about = get_object_or_404(course.assignments.select_related("course"), pk=assignment)
    return about, get_person(request.user, course, learner)


def _submission_of(request: Request, course: Course, pk: UUID) -> Submission:
    rows = Submission.objects.filter(visible_people(request.user, course).about())
    rows = rows.select_related("learner", "assignment__course")
    return get_object_or_404(rows, pk=pk, assignment__course=course)


def _submission(reader: User, course: Course, submission: Submission) -> dict[str, Any]:
    context = _grade(reader, course, submission.assignment, submission.learner)
    reruns = submission.reruns.select_related("regrade").defer("report", "old_report").order_by("-pk")
    return context | {
        "submission": submission,
        "result": result_of(submission, points=submission.assignment.points),
        "reruns": reruns,
    }


def _grade(reader: User, course: Course, assignment: Assignment, learner: User) -> dict[str, Any]:
    grade = grade_in(assignment, learner)
    return {
        "course": course,
        "tab": "gradebook",
        "assignment": assignment,
        "learner": learner,
        "former": is_former(learner, course),
        "grade": grade,
        "submissions": history(learner, assignment, reader=reader),
        "changes": _changes(assignment, learner),
        "accommodation": Accommodation.objects.filter(course=course, learner=learner).select_related("by").first(),
        **{
            what: form(course=course, initial=_initial(grade)[what], auto_id=f"{what}-%s")
            for what, (_, form, _) in DECISIONS.items()
        },
    }


def _initial(grade: Grade | None) -> dict[str, dict[str, Any]]:
    """Return what the form of each decision begins with."""
    extension = ("due_at", "closes_at", "extra_attempts")
    return {
        "override": {"override": grade.override if grade else None},
        "exempt": {"exempt": grade.exempt if grade else False},
        "extend": {name: getattr(grade, name) for name in extension} if grade else {},
    }


def _changes(assignment: Assignment, learner: User) -> list[tuple[GradeChange, bool]]:
    """Return the changes of a grade, newest first, and whether each can be undone by itself."""
    rows = GradeChange.objects.filter(assignment=assignment, learner=learner).select_related(
        "by", "undone_by", "undoes"
    )
    applied = Regrade.objects.filter(state=Stage.APPLIED, changes=OuterRef("pk"))
    return [
        (change, not hasattr(change, "undone_by") and (change.is_decision or change.of_applied))
        for change in rows.annotate(of_applied=Exists(applied))
    ]
