"""All people of this server, and what an administrator can change about one of them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.administration import require_administrator
from server.accounts.models import User
from server.accounts.requests import Request
from server.accounts.services import signs_in_elsewhere
from server.administration import accounts, selectors
from server.administration.accounts import AccountChangeRefused
from server.administration.forms import AccountDetailsForm, AccountsForm, RightsForm
from server.audit.sentences import sentence


@never_cache
@require_GET
def all_people(request: Request) -> HttpResponse:
    """All accounts of this server, with their courses and roles."""
    require_administrator(request)
    form = AccountsForm(request.GET)
    page = selectors.people_page(*form.filters, after=request.GET.get("after", ""))
    return render(request, "administration/people.html", {"tab": "people", "form": form, "page": page})


@never_cache
@require_http_methods(["GET", "POST"])
def person(request: Request, pk: int) -> HttpResponse:
    """An account: POST changes name and address."""
    require_administrator(request)
    user = get_object_or_404(User.objects.select_related("merged_into"), pk=pk)
    # A copy: if the form is refused, the page must not show the refused name as the person's.
    form = AccountDetailsForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        try:
            changed = accounts.change_details(user, form.details, by=request.user)
        except AccountChangeRefused as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, "Saved." if changed else "Nothing was changed.")
            return redirect("administration:person", user.pk)
    context = {
        "tab": "people",
        "person": user,
        "form": form,
        "memberships": user.enrollments.select_related("course").order_by("course__title"),
        "has_factor": selectors.has_factor(user),
        "signs_in_elsewhere": signs_in_elsewhere(user),
        "entries": [(entry.at, sentence(entry)) for entry in selectors.entries_about(user)],
    }
    return render(request, "administration/person.html", context, status=422 if form.errors else 200)


@require_POST
def change(request: Request, pk: int, how: str) -> HttpResponse:
    """Make a change that needs no second confirmation."""
    require_administrator(request)
    user = get_object_or_404(User, pk=pk)
    name = user.display_name
    changes: dict[str, tuple[Callable[[], None], str]] = {
        "deactivate": (
            lambda: accounts.deactivate(user, by=request.user),
            f"The account of {name} is switched off. Work and grades are kept.",
        ),
        "reactivate": (
            lambda: accounts.reactivate(user, by=request.user),
            f"The account of {name} is switched on.",
        ),
        "password-link": (
            lambda: accounts.send_password_link(request, user, by=request.user),
            f"A link for a new password is on its way to {user.email}.",
        ),
        "remove-factor": (
            lambda: accounts.remove_factor(user, by=request.user),
            f"The second factor of {name} is removed, and a mail tells them.",
        ),
        "sign-out": (
            lambda: accounts.sign_out(user, by=request.user),
            f"{name} is signed out in every browser.",
        ),
    }
    if how not in changes:
        raise Http404
    make, done = changes[how]
    try:
        make()
    except AccountChangeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    # Somebody who ends their own sessions is not signed in any more.
    return redirect("administration:person", user.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def rights(request: Request, pk: int, how: str) -> HttpResponse:
    """Make a person an administrator, or take that away, after the user name was typed."""
    require_administrator(request)
    if how not in {"give", "take"}:
        raise Http404
    user = get_object_or_404(User, pk=pk)
    form = RightsForm(request.POST or None, expected=user.username)
    if request.method == "POST" and form.is_valid():
        try:
            if how == "give":
                accounts.make_administrator(user, by=request.user)
                messages.success(request, f"{user.display_name} is an administrator now.")
            else:
                accounts.unmake_administrator(user, by=request.user)
                messages.success(request, f"{user.display_name} is no administrator any more.")
        except AccountChangeRefused as error:
            messages.error(request, str(error))
        return redirect("administration:person", user.pk)
    context = {"tab": "people", "person": user, "form": form, "gives": how == "give"}
    context["has_factor"] = selectors.has_factor(user)
    return render(request, "administration/rights.html", context, status=422 if form.errors else 200)
