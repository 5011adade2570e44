"""The health of this server, for people."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from server.accounts.administration import require_administrator
from server.accounts.requests import Request
from server.administration import backups
from server.administration.server_health.read import read_health
from server.mail.models import MailKind
from server.mail.services import can_get_mail, queue_notice

TEST = "this is the test mail that you asked for on the page Health. So mail from {url} reaches you."


@never_cache
@require_GET
def show_health(request: Request) -> HttpResponse:
    """Every part of this server. A part that does not answer in time says so; the page never waits for it longer."""
    require_administrator(request)
    return render(request, "administration/health.html", {"tab": "health", "health": read_health()})


@require_POST
def send_test_mail(request: Request) -> HttpResponse:
    """Send the administrator a mail, the way that every mail goes."""
    require_administrator(request)
    if not settings.SENDS_MAIL:
        messages.error(request, "This server sends no e-mail: EMAIL_HOST is not set.")
    elif not can_get_mail(request.user):
        messages.error(request, "Your account has no address that mail can be sent to.")
    else:
        queue_notice(MailKind.SECURITY, [request.user], "A test", TEST.format(url=settings.PUBLIC_URL))
        messages.success(request, f"A mail to {request.user.email} waits to be sent. This page shows if it left.")
    return redirect("administration:health")


@require_POST
def backup_tested(request: Request) -> HttpResponse:
    """Record that somebody restored the newest backup on another machine, and that it works."""
    require_administrator(request)
    try:
        row = backups.note_tested(by=request.user)
    except backups.NoBackup as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Recorded: the backup of {row.made_at:%d %b %Y} was restored and works.")
    return redirect("administration:health")
