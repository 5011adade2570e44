"""Our pages inside a platform's frame: which cookies they use, and who can frame them.

Browsers do not send ordinary cookies to a frame on another site's page. A launch in a frame gets cookies that are sent
there, stored separately for each platform (`SameSite=None; Secure; Partitioned`). This middleware translates their
names, so the rest of the server sees the usual ones.

Only registered platforms can frame pages. The admin and the sign-in pages are never framed.
"""

from collections.abc import Callable
from http.cookies import Morsel

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from server.lti.models import Platform

PREFIX = "lti_"
ORIGINS = "lti_origins"
FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})
NEVER_FRAMED = ("/admin/", "/accounts/")


class Embedding:
    """Middleware, between the content security policy and the sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Use the frame's cookies if the page is in a frame, and set who can frame the answer."""
        embedded = is_embedded(request)
        request.is_framed = is_framed(request)  # type: ignore[attr-defined]
        if embedded:
            _use_own_cookies(request)
        response = self.get_response(request)
        if is_framed(request) and _wants_sign_in(response):
            response = render(request, "lti/forgotten.html", status=403)
            _allow(response, all_origins())
        elif _is_page(response) and not request.path.startswith(NEVER_FRAMED):
            _allow(response, _origins(request))
        if embedded:
            _set_own_cookies(response)
        return response


def is_framed(request: HttpRequest) -> bool:
    """Whether the browser will show the answer in a frame."""
    return request.headers.get("Sec-Fetch-Dest", "") in FRAMES


def is_embedded(request: HttpRequest) -> bool:
    """Whether a request comes from a frame on another site's page, or is a launch into one.

    A script's request does not show which page it is from; in a frame it has only the frame's cookies.
    """
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return False
    if request.path.startswith("/lti/"):
        return request.headers.get("Sec-Fetch-Site") == "cross-site" or _has_only_own(request)
    return _has_only_own(request)


def hides_session(request: HttpRequest) -> bool:
    """Whether the browser can have a session here that it did not send, because another site's page sent the form."""
    is_from_elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
    return is_from_elsewhere and not is_framed(request) and settings.SESSION_COOKIE_NAME not in request.COOKIES


def _has_only_own(request: HttpRequest) -> bool:
    name = settings.SESSION_COOKIE_NAME
    return name not in request.COOKIES and PREFIX + name in request.COOKIES


def _names() -> tuple[str, str, str]:
    return settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages"


def _use_own_cookies(request: HttpRequest) -> None:
    for name in _names():
        request.COOKIES.pop(name, None)
        if PREFIX + name in request.COOKIES:
            request.COOKIES[name] = request.COOKIES[PREFIX + name]


def _set_own_cookies(response: HttpResponse) -> None:
    for name in _names():
        if name in response.cookies:
            morsel = response.cookies.pop(name)
            response.cookies[PREFIX + name] = morsel.value
            renamed = response.cookies[PREFIX + name]
            renamed.set(PREFIX + name, morsel.value, morsel.coded_value)
            renamed.update(dict(morsel.items()))
            partition(renamed)


def partition(morsel: "Morsel[str]") -> None:
    """Make the browser send a cookie in frames too, stored separately for each site that frames us."""
    morsel["secure"] = True
    morsel["samesite"] = "None; Partitioned"  # http.cookies knows Partitioned only from Python 3.14 on


def _wants_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def _is_page(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("text/html")


def _origins(request: HttpRequest) -> list[str]:
    if request.path.startswith("/lti/"):
        return all_origins()
    session = getattr(request, "session", None)
    if session is None or session.session_key is None:
        return []
    origins: list[str] = session.get(ORIGINS, [])
    return origins


def all_origins() -> list[str]:
    """Return the origins of all platforms: each of them can show a page that gives nobody access."""
    platforms = Platform.objects.filter(enabled=True)
    return sorted({origin for platform in platforms for origin in platform.frame_origins})


def _allow(response: HttpResponse, origins: list[str]) -> None:
    if not origins:
        return
    del response["X-Frame-Options"]
    policy = getattr(response, "_csp_replace", None) or {}
    response._csp_replace = {**policy, "frame-ancestors": origins}  # type: ignore[attr-defined]
