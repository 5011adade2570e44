"""The type of the request that this project's views get."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from server.accounts.models import User


class Request(HttpRequest):
    """A request of a signed-in user (a middleware ensures it). `htmx` is true if htmx asks for a part of a page."""

    user: User
    htmx: HtmxDetails
