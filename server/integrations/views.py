"""API tokens and webhooks of a course. A secret is shown only in the response that created it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.api.models import ApiToken, TokenScope
from server.api.tokens import make_token
from server.api.tokens import revoke as revoke_token
from server.api.tokens import take_over as take_over_token
from server.courses.access import taught_course
from server.courses.models import Course
from server.integrations import selectors
from server.integrations.forms import EndpointForm, TokenForm
from server.integrations.services import replace_token
from server.webhooks import services
from server.webhooks.models import Endpoint, EventType

PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: Request, slug: str) -> HttpResponse:
    """Show the course's tokens, and create one."""
    course = _course(request, slug)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        scopes = [TokenScope(scope) for scope in data["scopes"]]
        row, token = make_token(
            data["name"], courses=[course], scopes=scopes, expires_at=form.expires_at, owner=request.user
        )
        return _tokens(request, course, TokenForm(), made=row, token=token, status=201)
    return _tokens(request, course, form, status=422 if form.errors else 200)


@never_cache
@require_POST
def replace(request: Request, slug: str, pk: int) -> HttpResponse:
    """Revoke a token and create another with the same permissions."""
    course = _course(request, slug)
    row, token = replace_token(_token(request, course, pk), by=request.user)
    return _tokens(request, course, TokenForm(), made=row, token=token, status=201)


@require_POST
def revoke(request: Request, slug: str, pk: int) -> HttpResponse:
    """Revoke a token. In an archived course, too: it can still read."""
    course = taught_course(request, slug, permission="integrations.manage", even_archived=True)
    row = _token(request, course, pk)
    revoke_token(row)
    messages.success(request, f"{row.name} is revoked and no longer works.")
    return redirect("integrations:tokens", course.slug)


@require_POST
def take_over(request: Request, slug: str, pk: int) -> HttpResponse:
    """Become the owner of a token whose owner left, so that it works again."""
    course = _course(request, slug)
    row = _token(request, course, pk)
    take_over_token(row, by=request.user)
    messages.success(request, f"{row.name} is your token now: it has your rights in this course.")
    return redirect("integrations:tokens", course.slug)


@never_cache
@require_http_methods(["GET", "POST"])
def webhooks(request: Request, slug: str) -> HttpResponse:
    """Show the course's webhooks, and add one."""
    course = _course(request, slug)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        events = [EventType(event) for event in form.cleaned_data["events"]]
        made = services.add_endpoint(course, url=form.cleaned_data["url"], events=events)
        return _webhooks(request, course, EndpointForm(), made=made, status=201)
    return _webhooks(request, course, form, status=422 if form.errors else 200)


@require_GET
def deliveries(request: Request, slug: str, pk: int) -> HttpResponse:
    """Show the deliveries to one webhook, with its answers."""
    course = _course(request, slug)
    endpoint = _endpoint(course, pk)
    page = Paginator(selectors.deliveries_to(endpoint), PER_PAGE).get_page(request.GET.get("page"))
    context = {"course": course, "tab": "integrations", "part": "webhooks", "endpoint": endpoint, "page": page}
    return render(request, "integrations/deliveries.html", context)


@never_cache
@require_POST
def rotate(request: Request, slug: str, pk: int) -> HttpResponse:
    """Create a new secret. For a day, the former one signs too."""
    course = _course(request, slug)
    return _webhooks(request, course, EndpointForm(), made=services.rotate(_endpoint(course, pk)), status=201)


@require_POST
def switch(request: Request, slug: str, pk: int) -> HttpResponse:
    """Disable a webhook, or enable it again."""
    course = _course(request, slug)
    endpoint = _endpoint(course, pk)
    if endpoint.enabled:
        services.disable(endpoint, because=f"Switched off by {request.user.display_name}.")
    else:
        services.enable(endpoint)
    return redirect("integrations:webhooks", course.slug)


@require_POST
def delete(request: Request, slug: str, pk: int) -> HttpResponse:
    """Delete a webhook with its delivery log."""
    course = _course(request, slug)
    services.delete(_endpoint(course, pk))
    messages.success(request, "The webhook and its delivery log are deleted.")
    return redirect("integrations:webhooks", course.slug)


@require_POST
def replay(request: Request, slug: str, pk: int, delivery: UUID) -> HttpResponse:
    """Send a delivery again."""
    course = _course(request, slug)
    endpoint = _endpoint(course, pk)
    services.replay(get_object_or_404(endpoint.deliveries, pk=delivery))
    messages.success(request, "It is being sent again, with the same webhook-id.")
    return redirect("integrations:deliveries", course.slug, endpoint.pk)


def _course(request: Request, slug: str) -> Course:
    return taught_course(request, slug, permission="integrations.manage")


def _rows(request: Request, course: Course) -> QuerySet[ApiToken]:
    return selectors.tokens_of(course, request.user)


def _token(request: Request, course: Course, pk: int) -> ApiToken:
    return get_object_or_404(_rows(request, course).filter(revoked_at=None), pk=pk)


def _endpoint(course: Course, pk: int) -> Endpoint:
    return get_object_or_404(course.webhook_endpoints, pk=pk)


def _tokens(
    request: Request, course: Course, form: TokenForm, *, status: int, made: ApiToken | None = None, token: str = ""
) -> HttpResponse:
    names, found = dict(TokenScope.choices), list(_rows(request, course))
    states = selectors.states_of(found, course, timezone.now())
    rows = [
        (row, [names.get(scope, scope) for scope in row.scopes], state)
        for row, state in zip(found, states, strict=True)
    ]
    context = {"course": course, "tab": "integrations", "part": "tokens", "rows": rows, "form": form}
    return render(request, "integrations/tokens.html", context | {"made": made, "token": token}, status=status)


def _webhooks(
    request: Request, course: Course, form: EndpointForm, *, status: int, made: Endpoint | None = None
) -> HttpResponse:
    names = dict(EventType.choices)
    rows = [(row, [names.get(event, event) for event in row.events]) for row in selectors.endpoints_of(course)]
    context = {"course": course, "tab": "integrations", "part": "webhooks", "rows": rows, "form": form, "made": made}
    return render(request, "integrations/webhooks.html", context, status=status)
