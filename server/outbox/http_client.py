"""One request to one checked address: no redirects, no proxies, limits on time and size."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse

from django.utils import timezone

from server.outbox.addresses import AddressRefused, Target, target_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: a status, or an error in words (then `status` is None). Header names are in lower case."""

    status: int | None = None
    error: str = ""
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the receiver did what was requested. A redirect is a failure: nothing is sent on to elsewhere."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def retry_after(self) -> int | None:
        """The seconds that the receiver wants us to wait; None if it names none."""
        return retry_after_seconds(self.headers.get("retry-after"))


class PinnedConnection(HTTPConnection):
    """A connection to the address that was checked, under the name that is in the URL."""

    def __init__(self, target: Target, *, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.target = target
        self._timed_out = False

    def connect(self) -> None:
        """Connect without resolving the name again."""
        self.sock = socket.create_connection((self.target.address, self.port), self.timeout)
        if self.target.tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)

    @contextmanager
    def for_at_most(self, seconds: float) -> Iterator[None]:
        """Close the connection at the end. Raises TimeoutError if the block takes longer than `seconds`.

        A socket's timeout starts again with every byte; this limit is for the whole exchange.
        """
        timer = threading.Timer(seconds, self._shut_down)
        timer.daemon = True
        timer.start()
        try:
            yield
            if self._timed_out:  # an answer that we cut off looks like a complete one
                raise TimeoutError("timed out: the answer came too slowly")
        finally:
            timer.cancel()
            self.close()

    def _shut_down(self) -> None:
        self._timed_out = True
        if self.sock is not None:
            with suppress(OSError):  # it has ended already
                self.sock.shutdown(socket.SHUT_RDWR)


def request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    timeout: float,
    allow_private: bool,
    max_bytes: int = 0,
) -> Answer:
    """Make one request and return what came back. Never raises because of the receiver or the network.

    `timeout` is in seconds: for each wait on the socket; the whole exchange can take twice as long. At most `max_bytes`
    of the answer's body are read; with 0 it is not read, otherwise a larger body is an error.
    """
    try:
        connection = PinnedConnection(target_of(url, allow_private=allow_private), timeout=timeout)
        with connection.for_at_most(2 * timeout):
            connection.request(method, connection.target.path, body, dict(headers))
            return _answer(connection.getresponse(), max_bytes)
    except AddressRefused as error:
        return Answer(error=str(error))
    except (OSError, HTTPException, UnicodeError) as error:
        return Answer(error=f"{type(error).__name__}: {error}")


def _answer(response: HTTPResponse, max_bytes: int) -> Answer:
    content = response.read(max_bytes + 1) if max_bytes else b""
    if len(content) > max_bytes:
        raise HTTPException(f"the answer has more than {max_bytes} bytes")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, reason=response.reason, headers=headers, body=content)


def retry_after_seconds(text: str | None) -> int | None:
    """Return a Retry-After header in seconds, whether it is a number or a date; None if it is missing or wrong."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return int(text.strip()[:9])
    try:
        return max(0, int((parsedate_to_datetime(text) - timezone.now()).total_seconds()))
    except (ValueError, TypeError):
        return None
