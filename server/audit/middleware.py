"""Says that what a page's request changes was done by its user."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from server.audit.models import Origin
from server.audit.origin import acting


class ActingUser:
    """Middleware that comes after Django's AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as its user."""
        with acting(Origin.PAGE, person=lambda: _user(request)):
            return self.get_response(request)


def _user(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None
