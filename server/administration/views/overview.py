"""The first page for an administrator: what to set up."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from server.accounts.administration import require_administrator
from server.accounts.requests import Request
from server.administration.first_steps import first_steps


@never_cache
@require_GET
def overview(request: Request) -> HttpResponse:
    """The first steps, each with whether it is done."""
    require_administrator(request)
    steps = first_steps(request.user)
    context = {"tab": "overview", "steps": steps, "left": sum(not step.done and not step.optional for step in steps)}
    return render(request, "administration/overview.html", context)
