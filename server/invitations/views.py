"""Joining a course with a code, and managing codes."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses.selectors import CourseArchived, get_course
from server.invitations import passwords, services
from server.invitations.forms import CodeForm, FirstPasswordForm, InvitationForm
from server.invitations.models import spelled

# The session key of the invitation code: with one, a visitor can sign up.
SESSION_KEY = "invitation"
UNKNOWN = "This code does not open a course. Check every letter, or ask your instructor for a new code."


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Let the user type a code."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        invitation = services.find(form.cleaned_data["code"])
        if invitation is not None:
            return redirect(invitation)
        form.add_error("code", UNKNOWN)
    return render(request, "invitations/join.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invited(request: HttpRequest, code: str) -> HttpResponse:
    """Show which course a code opens. Signed-in users can join it; others can sign in or sign up."""
    invitation = services.find(code)
    if invitation is None:
        form = CodeForm({"code": spelled(code)})
        form.add_error("code", UNKNOWN)
        return render(request, "invitations/join.html", {"form": form}, status=404)
    if invitation.course.is_archived:
        raise CourseArchived(invitation.course)
    if not request.user.is_authenticated:
        request.session[SESSION_KEY] = invitation.code
        return render(request, "invitations/invited.html", {"invitation": invitation})
    if request.method == "POST":
        try:
            course = services.accept(code=code, user=request.user)
        except services.RemovedFromCourse as error:
            messages.error(request, str(error))
            return render(request, "invitations/invited.html", {"invitation": invitation}, status=403)
        return redirect(course) if course else redirect("invitations:join")
    return render(request, "invitations/invited.html", {"invitation": invitation})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person choose their first password. Opening the page changes nothing: mail scanners do that."""
    try:
        user, course = passwords.person_of(token)
        form = FirstPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            passwords.choose_password(token, form.cleaned_data["new_password1"])
            logout(request)
            messages.success(request, f"Your password is set. Sign in as {user.username}.")
            return redirect("account_login")
    except passwords.LinkRefused as error:
        return render(request, "invitations/password_refused.html", {"why": str(error)}, status=410)
    context = {"person": user, "course": course, "form": form}
    return render(request, "invitations/password.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def codes(request: Request, course: str) -> HttpResponse:
    """List the codes of a course, and create one."""
    found = get_course(request.user, course, permission="roster.import")
    form = InvitationForm(request.POST or None, course=found)
    if request.method == "POST" and form.is_valid():
        services.invite(course=found, by=request.user, **form.cleaned_data)
        messages.success(request, "The new code is ready.")
        return redirect("invitations:codes", found.slug)
    links = [(one, request.build_absolute_uri(one.get_absolute_url())) for one in found.invitations.all()]
    context = {"course": found, "tab": "people", "form": form, "links": links}
    return render(request, "invitations/codes.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: Request, course: str, pk: int) -> HttpResponse:
    """Close a code."""
    found = get_course(request.user, course, permission="roster.import")
    services.withdraw(get_object_or_404(found.invitations, pk=pk))
    return redirect("invitations:codes", found.slug)


@require_http_methods(["GET", "POST"])
def people(request: Request, course: str) -> HttpResponse:
    """Who has no password yet; a POST invites all of them who have an address."""
    found = get_course(request.user, course, permission="roster.import")
    who = passwords.without_password(found)
    if request.method == "POST":
        count = passwords.invite_people(found, who.invitable)
        messages.success(request, f"{count} invitations are on their way.")
        return redirect("invitations:people", found.slug)
    context = {"course": found, "tab": "people", "who": who, "sends_mail": settings.SENDS_MAIL}
    return render(request, "invitations/people.html", context)


@require_POST
def invite(request: Request, course: str, pk: int) -> HttpResponse:
    """Send one person an invitation, again if they had one."""
    found = get_course(request.user, course, permission="roster.import")
    person = get_object_or_404(User, pk=pk, enrollments__course=found)
    if passwords.invite_people(found, [person]):
        messages.success(request, f"An invitation to {person.email} is on its way.")
    else:
        messages.error(request, f"{person.display_name} got no invitation: {passwords.why_not(person)}")
    return redirect("roster:person", found.slug, person.pk)
