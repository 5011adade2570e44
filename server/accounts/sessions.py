"""What happens if a page is older than the session of its browser: the person signed out, or signed in again.

A script's request gets 401 (nobody is signed in) or 403 (an old token); `session.js` then asks `session`, and tries
again or says what to do. Somebody without scripts gets a page that shows the code that they sent.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

# The fields of our forms that hold code.
CODE_FIELDS = ("source", "block")
READING = frozenset({"GET", "HEAD"})


@login_not_required
@require_GET
@never_cache
def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in now, and the token that forms need: {"user", "name", "token"}; user null if nobody is."""
    user = request.user
    name = user.get_username() if user.is_authenticated else ""
    return JsonResponse({"user": user.pk, "name": name, "token": get_token(request)})


class SignInRequired(LoginRequiredMiddleware):
    """Django's middleware, except that it never sends a script or a form to the sign-in page and back by GET."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        """Return 401 to a script, a page with the code to a form that holds code, or else the sign-in page."""
        if _is_script(request):
            return _unauthorized(HttpResponse("You have been signed out.", content_type="text/plain"))
        if request.method in READING:
            return super().handle_no_permission(request, view_func)
        if code := _sent_code(request):
            context = {"code": code, "sign_in": sign_in_address(_form_page(request))}
            return _unauthorized(render(request, "web/signed_out.html", context))
        return redirect(sign_in_address(_form_page(request)))


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is old or missing. Nothing was done."""
    if _is_script(request):
        return HttpResponse("This page is older than your session.", status=403, content_type="text/plain")
    if request.path == reverse("account_login"):
        # If the person is signed in already, that page sends them on; otherwise they get a fresh form.
        return redirect(f"{request.path}?{urlencode({'next': _next(request), 'again': 1})}")
    back = _form_page(request)
    context = {"code": _sent_code(request), "back": back, "sign_in": sign_in_address(back)}
    if not request.user.is_authenticated:
        return _unauthorized(render(request, "web/signed_out.html", context))
    return render(request, "web/old_page.html", context, status=403)


def sign_in_address(back: str) -> str:
    """Return the address of the sign-in page, from which a person comes back to the page `back`."""
    return f"{reverse('account_login')}?{urlencode({'next': back})}"


def _is_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or not request.accepts("text/html")


def _unauthorized(response: HttpResponse) -> HttpResponse:
    response.status_code = 401
    response["WWW-Authenticate"] = 'Form realm="Chainrule"'
    return response


def _sent_code(request: HttpRequest) -> str:
    return "\n\n".join(text for name in CODE_FIELDS for text in request.POST.getlist(name))


def _form_page(request: HttpRequest) -> str:
    """Return the address of the page that the form was on, "/" if the browser does not say or it is another site's."""
    parts = urlsplit(request.headers.get("Referer", ""))
    local = parts.netloc == request.get_host() and parts.path != reverse("account_login")
    return (parts.path + (f"?{parts.query}" if parts.query else "")) if local else "/"


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, None) else "/"
