"""The request as our views get it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from server.accounts.models import User


class Request(HttpRequest):
    """A request of somebody signed in (the middleware sees to it); `htmx` is true where only a part is asked for."""

    user: User
    htmx: HtmxDetails
