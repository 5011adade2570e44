"""One POST to one checked address: no redirects, no proxies, a limit on everything."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException

from django.conf import settings
from django.utils import timezone

from server.webhooks.guard import Refused, Target, target_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: a status, or an error in words. `retry_after` is what the other side asks for, in seconds."""

    status: int | None = None
    error: str = ""
    retry_after: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the other side has it. A redirect is a failure: whoever moved must say so to us, not to our data."""
        return self.status is not None and 200 <= self.status < 300


class Pinned(HTTPConnection):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, target: Target, *, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.target = target
        self._was_cut = False

    def connect(self) -> None:
        """Connect without looking the name up again."""
        self.sock = socket.create_connection((self.target.address, self.port), self.timeout)
        if self.target.tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)

    @contextmanager
    def for_at_most(self, seconds: float) -> Iterator[None]:
        """Close at the end, and at the latest after so long, with TimeoutError.

        The time-out of a socket begins anew with every byte; this ends the whole.
        """
        watch = threading.Timer(seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
            if self._was_cut:  # what was cut off reads like an end
                raise TimeoutError("timed out: the answer came too slowly")
        finally:
            watch.cancel()
            self.close()

    def _cut(self) -> None:
        self._was_cut = True
        if self.sock is not None:
            with suppress(OSError):  # it ended by itself
                self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and return what came back. Never raises for what the other side or the network does."""
    try:
        return _post(Pinned(target_of(url), timeout=settings.WEBHOOKS_TIMEOUT), body, headers)
    except Refused as error:
        return Answer(error=str(error))
    except (OSError, HTTPException, UnicodeError) as error:
        return Answer(error=f"{type(error).__name__}: {error}"[:300])


def _post(connection: Pinned, body: bytes, headers: Mapping[str, str]) -> Answer:
    with connection.for_at_most(2 * settings.WEBHOOKS_TIMEOUT):
        connection.request("POST", connection.target.path, body, dict(headers))
        response = connection.getresponse()
        return Answer(status=response.status, retry_after=seconds(response.getheader("Retry-After")))


def seconds(text: str | None) -> int | None:
    """Return a Retry-After in seconds, however it is written; None where there is none that makes sense."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return int(text.strip()[:9])
    try:
        return max(0, int((parsedate_to_datetime(text) - timezone.now()).total_seconds()))
    except (ValueError, TypeError):
        return None
