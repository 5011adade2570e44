"""Pages about personal data: one's own, and anybody's for administrators."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.administration import require_administrator
from server.accounts.models import User
from server.accounts.requests import Request
from server.common.file_names import safe_file_name
from server.common.streaming import stream_file
from server.privacy.accounts import DataSubject
from server.privacy.erasure import ErasureRefused, carry_out, plan
from server.privacy.export import note_export, personal_data
from server.privacy.forms import ConfirmForm
from server.privacy.registry import TABLES, Mode


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: Request) -> HttpResponseBase:
    """What is stored about the user; POST downloads it."""
    if request.method == "POST":
        return _download(request, request.user)
    context = {"policies": [policy for policy in TABLES if policy.holds]}
    return render(request, "privacy/mine.html", context)


@never_cache
@require_GET
def person(request: Request, pk: int) -> HttpResponse:
    """For administrators: what can be done with the data of a person."""
    require_administrator(request)
    found = get_object_or_404(User, pk=pk)
    return render(request, "privacy/person.html", {"person": found, "modes": list(Mode)})


@require_POST
def download(request: Request, pk: int) -> HttpResponseBase:
    """For administrators: everything that is stored about a person."""
    require_administrator(request)
    return _download(request, get_object_or_404(User, pk=pk))


def _download(request: Request, user: User) -> HttpResponseBase:
    subject = DataSubject.of(user)
    note_export(subject, by=request.user)
    name = f"personal-data-{safe_file_name(user.username, user.pk)}-{timezone.localdate():%Y-%m-%d}.zip"
    return stream_file(personal_data(subject), name=name, media_type="application/zip")


@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: Request, pk: int, mode: str) -> HttpResponse:
    """For administrators: show exactly what will happen, then do it."""
    require_administrator(request)
    if mode not in list(Mode):
        raise Http404
    user = get_object_or_404(User, pk=pk)
    subject, chosen = DataSubject.of(user), Mode(mode)
    form = ConfirmForm(request.POST or None, expected=user.username)
    if request.method == "POST" and form.is_valid():
        try:
            done = carry_out(subject, chosen, by=request.user, digest=form.cleaned_data["digest"])
        except ErasureRefused as error:
            form.add_error(None, str(error))
        else:
            result = "erased" if chosen is Mode.ERASE else "made anonymous"
            messages.success(request, f"{subject.number} was {result}: {done.summary}.")
            return redirect("administration:people")
    planned = plan(subject, chosen)
    if form.is_bound:
        # The plan that this page shows, and not the one that was refused.
        again = request.POST.copy()
        again["digest"] = planned.digest
        form.data = again
    else:
        form.initial["digest"] = planned.digest
    context = {"person": user, "plan": planned, "form": form, "mode": chosen, "erases": chosen is Mode.ERASE}
    return render(request, "privacy/erase.html", context, status=422 if form.errors else 200)
