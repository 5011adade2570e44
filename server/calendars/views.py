"""The page with a person's calendar address, and the calendar itself."""

import hashlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from server.accounts.requests import Request
from server.calendars import services
from server.calendars.ics import calendar
from server.calendars.models import CalendarFeed
from server.calendars.selectors import due_dates
from server.common.per_minute import is_within_limit


@require_GET
@never_cache
def address(request: Request) -> HttpResponse:
    """The secret address of the user's calendar, and how to use it."""
    feed = CalendarFeed.objects.filter(user=request.user).first()
    url = f"{settings.PUBLIC_URL}{reverse('calendars:feed', args=[feed.key])}" if feed else ""
    return render(request, "calendars/address.html", {"feed": feed, "url": url})


@require_POST
def renew(request: Request) -> HttpResponse:
    """Make the address, or replace it."""
    services.renew(request.user)
    messages.success(request, "The address is ready. Add it to your calendar.")
    return redirect("calendars:address")


@require_POST
def stop(request: Request) -> HttpResponse:
    """Close the feed."""
    services.stop(request.user)
    messages.success(request, "The address no longer works. Calendars that used it show no new dates.")
    return redirect("calendars:address")


@login_not_required
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """A person's due dates, for calendars, which have no session: the address is the secret."""
    found = CalendarFeed.find(key)
    if found is None:
        raise Http404
    if not is_within_limit("calendar", str(found.pk), settings.CALENDAR_REQUESTS_PER_MINUTE):
        return HttpResponse("Too many requests. Wait a minute.", status=429, headers={"Retry-After": "60"})
    now = timezone.now()
    events = due_dates(found.user, now=now)
    # Not of the text: it names the time of the request.
    etag = f'W/"{hashlib.sha256(repr((str(found.user), events)).encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "X-Robots-Tag": "noindex"}
    if etag in {one.strip() for one in request.headers.get("If-None-Match", "").split(",")}:
        return HttpResponse(status=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="due-dates.ics"'
    text = calendar(events, name="Chainrule: due dates", now=now)
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)
