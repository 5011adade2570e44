"""The pages that platforms open: login, launch, key set, and picking exercises. Every error ends in a friendly page."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.account.adapter import get_adapter
from django.contrib.auth import login as sign_in
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from server.accounts.requests import Request
from server.common.per_minute import is_within_limit
from server.lti.errors import BadRequest, LaunchError, PlatformError, TooManyLogins
from server.lti.forms import PickForm
from server.lti.launch import deep_links, id_tokens, login, resolve
from server.lti.launch.embedding import ORIGINS, is_framed, partition
from server.lti.models import origin_of
from server.lti.platform import claims as c
from server.lti.platform import keys, registration
from server.lti.platform.tool_urls import tool_url

log = structlog.get_logger(__name__)

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
COOKIE = "lti_login_"
# From one address: a whole lecture hall can share it.
LOGINS_PER_MINUTE = 600


def friendly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a LaunchError as a page that says what happened and what to do."""

    @wraps(view)
    def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except LaunchError as error:
            log.warning("launch_refused", kind=type(error).__name__, why=str(error)[:500])
            return render(request, "lti/refused.html", {"error": error}, status=error.status)

    return answer


@csrf_exempt
@login_not_required
@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def begin(request: Request) -> HttpResponse:
    """Begin a platform's login. In a frame, first check whether the browser keeps our cookie there."""
    _count_login(request)
    sent = request.POST if request.method == "POST" else request.GET
    params = {name: sent[name] for name in login.PARAMS if sent.get(name)}
    return _started(login.begin(params), to_platform=not is_framed(request))


def _count_login(request: Request) -> None:
    """Raise TooManyLogins if one address begins too many logins: anybody can, and each is stored."""
    address = get_adapter().get_client_ip(request)
    if not is_within_limit("lti-login", address, LOGINS_PER_MINUTE):
        raise TooManyLogins(f"more than {LOGINS_PER_MINUTE} logins within a minute from one address")


def _started(begun: login.Begun, *, to_platform: bool) -> HttpResponse:
    """Return the redirect to the platform, or to `go` if the browser might keep no cookie, with the login's cookie."""
    if to_platform:
        response = _to_platform(begun.state, begun.browser)
    else:
        response = redirect(f"{reverse('lti:go')}?{urlencode({'state': begun.state})}")
    name = _cookie(begun.state)
    seconds = int(login.VALID_FOR.total_seconds())
    response.set_cookie(name, begun.browser, max_age=seconds, path="/lti/", httponly=True)
    partition(response.cookies[name])
    return response


@login_not_required
@never_cache
@friendly
@require_GET
def go(request: Request) -> HttpResponse:
    """Redirect to the platform if the browser sent the cookie; otherwise offer a new window, which will have it.

    This happens before the redirect because a platform accepts a login once, and would refuse the new window.
    """
    state = request.GET.get("state", "")
    browser = request.COOKIES.get(_cookie(state))
    if browser:
        return _to_platform(state, browser)
    again = login.params_of(state)
    return render(request, "lti/new_window.html", {"address": f"{reverse('lti:login')}?{urlencode(again)}"})


def _to_platform(state: str, browser: str) -> HttpResponseRedirect:
    pending = login.find_pending(state, browser)
    wanted, deep_link = pending.params.get("target_link_uri"), tool_url("deep-link")
    redirect_uri = deep_link if wanted == deep_link else tool_url("launch")
    return HttpResponseRedirect(login.authentication_url(pending, state, redirect_uri=redirect_uri))


@csrf_exempt
@login_not_required
@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def launch(request: Request) -> HttpResponse:
    """Launch a person: open an exercise, or let an instructor pick exercises."""
    sent = request.POST
    if sent.get("error"):
        state = sent.get("state", "")
        following = login.begin_with_next(state, request.COOKIES.get(_cookie(state), ""))
        if following:
            return _started(following, to_platform=True)
        raise PlatformError(f"{sent['error'][:100]}: {sent.get('error_description', '')[:300]}")
    state, token = sent.get("state", ""), sent.get("id_token", "")
    if not state or not token:
        raise BadRequest("neither state nor token")
    pending = login.use(state, request.COOKIES.get(_cookie(state), ""))
    pending.platform = login.platform_of(pending, token)
    claims = id_tokens.verify(token, pending.platform, nonce=pending.nonce)
    kind = c.string(claims, c.MESSAGE_TYPE)
    if kind not in {c.RESOURCE_MESSAGE, c.DEEP_LINK_MESSAGE}:
        raise BadRequest(f"a message of the type {kind[:100]!r}")
    resolved = resolve.resolve_launch(claims, pending)
    address = resolved.address
    if kind == c.DEEP_LINK_MESSAGE:
        address = reverse("lti:pick", args=[deep_links.begin(claims, resolved)])
    sign_in(request, resolved.user, backend=BACKEND)
    request.session[ORIGINS] = resolved.origins
    response = redirect(address)
    response.delete_cookie(_cookie(state), path="/lti/")
    partition(response.cookies[_cookie(state)])
    log.info("launched", user=resolved.user.pk, course=resolved.course.slug, address=address)
    return response


@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def pick(request: Request, token: str) -> HttpResponse:
    """Pick exercises for the LMS course, and send the response back to the platform."""
    selection = deep_links.find(token, request.user)
    course = selection.lms_course.course
    form = PickForm(request.POST if request.method == "POST" else None, course=course, multiple=selection.multiple)
    if request.method == "POST" and form.is_valid():
        answer = deep_links.answer(selection, form.chosen)
        response = render(request, "lti/picked.html", {"address": selection.return_url, "answer": answer})
        back = {origin_of(selection.return_url), *selection.lms_course.platform.frame_origins}
        response._csp_replace = {"form-action": sorted(back)}  # type: ignore[attr-defined]
        return response
    context = {"form": form, "course": course, "lms_course": selection.lms_course}
    return render(request, "lti/pick.html", context, status=422 if form.errors else 200)


@login_not_required
@cache_control(public=True, max_age=600)
@require_GET
def jwks(_: HttpRequest) -> JsonResponse:
    """Show our public keys."""
    return JsonResponse(keys.key_set())


@login_not_required
@never_cache
@friendly
@require_http_methods(["GET"])
def register(request: Request) -> HttpResponse:
    """Register a platform that registers itself (dynamic registration) with an instructor's invitation."""
    made = registration.register(
        code=request.GET.get("code", ""),
        configuration_url=request.GET.get("openid_configuration", ""),
        token=request.GET.get("registration_token", ""),
    )
    return render(request, "lti/registered.html", {"platform": made})


def _cookie(state: str) -> str:
    """Return the name of a login's cookie. Each login has its own, because a page can show several activities."""
    return f"{COOKIE}{login.digest(state)[:16]}"
