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

from server.accounts.models import User
from server.accounts.requests import Request
from server.common.per_minute import is_within_limit
from server.lti.errors import AccountClosed, AlreadyUsed, BadRequest, LaunchError, PlatformError, TooManyLogins
from server.lti.forms import PickForm
from server.lti.grades import line_items
from server.lti.launch import deep_links, id_tokens, login, outside, resolve
from server.lti.launch.embedding import ORIGINS, hides_session, is_framed, partition
from server.lti.members import sharing
from server.lti.models import origin_of
from server.lti.platform import claims as c
from server.lti.platform import keys, registration
from server.lti.platform.tool_urls import tool_url

log = structlog.get_logger(__name__)

BACKEND = "server.accounts.backends.AuthenticationBackend"
COOKIE = "lti_login_"
# From one address: a whole lecture hall can share it.
LOGINS_PER_MINUTE = 600
MOST_ORIGINS = 20


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
    login.require_open(state)
    return render(request, "lti/new_window.html", {"state": state})


@login_not_required
@never_cache
@friendly
@require_GET
def window(request: Request) -> HttpResponse:
    """Begin a login in a window of its own. A second click leads to the page that the first one opened."""
    _count_login(request)
    begun = login.begin_in_window(request.GET.get("state", ""))
    if isinstance(begun, login.Begun):
        return _started(begun, to_platform=True)
    return _again(request, begun)


def _again(request: Request, arrival: login.Arrival) -> HttpResponse:
    """Return the redirect to a page that was opened before, if its person is still signed in. Raises AlreadyUsed."""
    if request.user.pk != arrival.user:
        raise AlreadyUsed("the window was opened before, by somebody who is not signed in now")
    return redirect(arrival.address)


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
        return _go_on_after_error(request, sent["error"], sent.get("error_description", ""))
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
    arrival = login.Arrival(user=resolved.user.pk, address=address, origins=resolved.origins)
    login.arrive(pending, arrival)
    log.info("launched", user=resolved.user.pk, course=resolved.course.slug, address=address)
    if hides_session(request):
        # The browser sends our session with the next request only. A session of the same person must not end.
        return redirect(f"{reverse('lti:enter')}?{urlencode({'state': state})}")
    return _entered(request, arrival, state)


def _go_on_after_error(request: Request, error: str, description: str) -> HttpResponse:
    """Go on after a platform's error, if that is possible. Raises PlatformError."""
    state = request.POST.get("state", "")
    browser = request.COOKIES.get(_cookie(state), "")
    before = login.arrived_before(state, browser)
    if before is not None and request.user.pk == before.user:
        return redirect(before.address)
    following = login.begin_with_next(state, browser)
    if following:
        return _started(following, to_platform=True)
    raise PlatformError(error, description)


@login_not_required
@never_cache
@friendly
@require_GET
def enter(request: Request) -> HttpResponse:
    """Finish a launch: the browser sends its session to this page, which it did not do with the platform's form."""
    state = request.GET.get("state", "")
    return _entered(request, login.finish(state, request.COOKIES.get(_cookie(state), "")), state)


def _entered(request: Request, arrival: login.Arrival, state: str) -> HttpResponse:
    user = User.objects.filter(pk=arrival.user, is_active=True).first()
    if user is None:
        raise AccountClosed("the account was closed meanwhile")
    _use_session(request, user, arrival.origins)
    response = redirect(arrival.address)
    response.delete_cookie(_cookie(state), path="/lti/")
    partition(response.cookies[_cookie(state)])
    return response


def _use_session(request: Request, user: User, origins: list[str]) -> None:
    """Go on with the person's session; begin one if there is none, or another person's.

    A new session would end the pages that are open in other tabs: their forms have the token of the session before.
    """
    known = request.session.get(ORIGINS, []) if request.user.pk == user.pk else []
    if request.user.pk != user.pk:
        sign_in(request, user, backend=BACKEND)
    request.session[ORIGINS] = sorted({*origins, *known[-MOST_ORIGINS:]})


@csrf_exempt
@login_not_required
@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def teach(request: Request) -> HttpResponse:
    """Open a course's teaching pages in a window of its own, for somebody who teaches it and is in a frame.

    The window does not have the frame's session, so the form in the frame brings a pass. Only our own pages can send
    it: otherwise somebody could sign another person in to an account that is not theirs.
    """
    if request.method != "POST" or not outside.is_from_own_page(request):
        raise BadRequest("a pass that does not come from our own page")
    found = outside.read_pass(request.POST.get("pass", ""))
    _use_session(request, found.user, [])
    return redirect("dashboard:overview", found.course.slug)


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
        context = {"address": selection.return_url, "answer": answer, "count": len(form.chosen)}
        response = render(request, "lti/picked.html", context)
        back = {origin_of(selection.return_url), *selection.lms_course.platform.frame_origins}
        response._csp_replace = {"form-action": sorted(back)}  # type: ignore[attr-defined]
        return response
    form.there = line_items.assignments_there(selection.lms_course)
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
    return render(request, "lti/registered.html", {"platform": made, "known": sharing.candidates(made).exists()})


def _cookie(state: str) -> str:
    """Return the name of a login's cookie. Each login has its own, because a page can show several activities."""
    return f"{COOKIE}{login.digest(state)[:16]}"
