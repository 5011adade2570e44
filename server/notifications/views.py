"""What mail a person wants: the settings page, and the link in each mail that stops its kind."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from server.accounts.models import User
from server.accounts.requests import Request
from server.mail.unsubscribing import read_link, switch_off
from server.notifications.forms import MailForm


@never_cache
@require_http_methods(["GET", "POST"])
def mail_settings(request: Request) -> HttpResponse:
    """The kinds of mail that the user gets."""
    form = MailForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("notifications:settings")
    return render(request, "notifications/settings.html", {"form": form})


# Mail programs post here without a session and without a token: the signed link says who stops what (RFC 8058).
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the kinds of mail that a link names, for its person. Opening the page changes nothing: mail scanners do."""
    named = read_link(token)
    user = User.objects.filter(pk=named[0]).first() if named else None
    if named is None or user is None:
        return render(request, "notifications/unknown_link.html", status=404)
    kinds = named[1]
    stopped = request.method == "POST"
    if stopped:
        switch_off(user.pk, kinds)
    context = {"labels": [kind.label for kind in kinds], "stopped": stopped}
    return render(request, "notifications/unsubscribe.html", context)
