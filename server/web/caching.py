"""Keeps pages out of caches: the next person at the same browser must not see what this one saw."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStore:
    """Middleware that forbids to store an answer, unless its view says otherwise. Static files never pass it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer with a `Cache-Control` header."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
