"""The profile page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from server.accounts.forms import ProfileForm
from server.accounts.models import User
from server.accounts.requests import Request
from server.accounts.services import sign_out_elsewhere


@require_POST
def sign_out_everywhere(request: Request) -> HttpResponse:
    """End all other sessions of the user, in every browser and on every device."""
    sign_out_elsewhere(request, request.user)
    messages.success(request, "You are signed out everywhere else. This browser stays signed in.")
    return redirect("profile")


@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: Request) -> HttpResponse:
    """The user's name and courses, with links to change the password and the second factor."""
    # A copy: if the form is refused, the page must not show the refused name as the user's name.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    enrollments = request.user.enrollments.select_related("course").order_by("course__title")
    context = {"form": form, "enrollments": enrollments}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)
