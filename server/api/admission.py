"""Admits requests: a valid token, its rate limit, scopes and rights, and a readable body. Checked first of all."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from ninja.security import HttpBearer

from server.api import limits
from server.api.access import Access, access_of
from server.api.models import ApiToken, TokenScope
from server.api.problems import Code, Problem
from server.api.tokens import find_token
from server.courses.access import READING

JSON = "application/json"
REALM = 'Bearer realm="chainrule"'


class BearerToken(HttpBearer):
    """A token in `Authorization: Bearer cr_...` with at least one of the scopes; any token if there are no scopes.

    With `right`, the owner needs this permission in the course, and personal tokens are refused.
    """

    def __init__(
        self,
        *scopes: TokenScope,
        right: str | None = None,
        media_type: str = JSON,
        max_bytes: int = 0,
    ) -> None:
        super().__init__()
        self.scopes = scopes
        self.right = right
        self.media_type = media_type
        self.max_bytes = max_bytes

    def __call__(self, request: HttpRequest) -> Access:
        """Return what the token of the request can reach. Raises Problem if it is missing or not sufficient."""
        found = super().__call__(request)
        if found is None:
            raise Problem(Code.UNAUTHENTICATED, "No bearer token was sent.", headers={"WWW-Authenticate": REALM})
        _check_rate(request, found)
        self._check_scopes(found)
        access = access_of(found, self.scopes, self.right, writes=request.method not in READING)
        if self.media_type == JSON:
            _check_body(request)
        else:
            self._read_file(request)
        return access

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """Return the row of a valid token."""
        found = find_token(token.strip())
        if found is None:
            headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
            detail = "This token is unknown, incomplete, expired or revoked."
            raise Problem(Code.UNAUTHENTICATED, detail, headers=headers)
        return found

    def _check_scopes(self, token: ApiToken) -> None:
        if self.scopes and not any(token.allows(scope) for scope in self.scopes):
            names = " ".join(self.scopes)
            headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{names}"'}
            raise Problem(Code.FORBIDDEN, f"This needs the scope {' or '.join(self.scopes)}.", headers=headers)

    def _read_file(self, request: Any) -> None:
        """Set `request.zip_body`. It can be larger than JSON: it is not parsed before its size is known."""
        if request.content_type != self.media_type:
            raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, f"Send a file: `Content-Type: {self.media_type}`.")
        try:
            body = request.read(self.max_bytes + 1)
        except UnreadablePostError:
            raise _broken() from None
        if len(body) > self.max_bytes:
            raise too_large(self.max_bytes)
        request.zip_body = body


def _check_rate(request: Any, token: ApiToken) -> None:
    allowance = limits.take(token.pk)
    request.rate_headers = allowance.headers()
    if allowance.exceeded:
        detail = f"This token may send {allowance.quota} requests a minute."
        raise Problem(Code.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(allowance.reset)})


def _check_body(request: HttpRequest) -> None:
    if request.method not in {"POST", "PUT", "PATCH"}:
        return
    try:
        body = request.body
    except RequestDataTooBig:
        raise too_large() from None
    except UnreadablePostError:
        raise _broken() from None
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    if body and (request.content_type != JSON or charset.lower().strip('"') not in {"utf-8", "utf8"}):
        raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, "Bodies are JSON in UTF-8: `Content-Type: application/json`.")


def _broken() -> Problem:
    return Problem(Code.MALFORMED, "The connection broke before the whole body had arrived.")


def too_large(max_bytes: int | None = None) -> Problem:
    """Return the problem of a body that is too large."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if max_bytes is None else max_bytes
    return Problem(Code.TOO_LARGE, f"A request may have {most} bytes at most.")
