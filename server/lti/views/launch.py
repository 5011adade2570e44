"""What platforms open: login, launch, key set, and picking exercises. Whatever goes wrong ends in a friendly page."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import structlog
from django.contrib.auth import login as sign_in
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from server.accounts.requests import Request
from server.lti.errors import BadRequest, LaunchError, PlatformSaidNo
from server.lti.forms import PickForm
from server.lti.launch import deep_links, launching, login, tokens
from server.lti.launch.embedding import ORIGINS, is_framed, partition
from server.lti.models import origin_of
from server.lti.platform import claims as c
from server.lti.platform import keys, registration
from server.lti.platform.addresses import address_of

log = structlog.get_logger(__name__)

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
COOKIE = "lti_login_"


def friendly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn a LaunchError into a page that says what happened and what to do."""

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
    """A platform begins a login. In a frame, first see whether the browser keeps our cookie there."""
    said = request.POST if request.method == "POST" else request.GET
    params = {name: said[name] for name in login.PARAMS if said.get(name)}
    begun = login.begin(params)
    if is_framed(request):
        response = redirect(f"{reverse('lti:go')}?{urlencode({'state': begun.state})}")
    else:
        response = _to_platform(begun.state, begun.browser)
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
    """On to the platform, where the cookie is there; else offer a window of our own, where it will be.

    This comes before the platform is asked: it lets a login through once, and would refuse the second window.
    """
    state = request.GET.get("state", "")
    browser = request.COOKIES.get(_cookie(state))
    if browser:
        return _to_platform(state, browser)
    again = login.params_of(state)
    return render(request, "lti/new_window.html", {"address": f"{reverse('lti:login')}?{urlencode(again)}"})


def _to_platform(state: str, browser: str) -> HttpResponseRedirect:
    waiting = login.waiting(state, browser)
    asked, ours = waiting.params.get("target_link_uri"), address_of("deep-link")
    back = ours if asked == ours else address_of("launch")
    return HttpResponseRedirect(login.platform_address(waiting, state, redirect_uri=back))


@csrf_exempt
@login_not_required
@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def launch(request: Request) -> HttpResponse:
    """A platform says who came, and what for: an exercise, or picking some."""
    said = request.POST
    if said.get("error"):
        raise PlatformSaidNo(f"{said['error'][:100]}: {said.get('error_description', '')[:300]}")
    state, token = said.get("state", ""), said.get("id_token", "")
    if not state or not token:
        raise BadRequest("neither state nor token")
    back = login.come_back(state, request.COOKIES.get(_cookie(state), ""))
    claims = tokens.verified(token, back.platform, nonce=back.nonce)
    kind = c.text(claims, c.MESSAGE_TYPE)
    if kind not in {c.RESOURCE_MESSAGE, c.DEEP_LINK_MESSAGE}:
        raise BadRequest(f"a message of the type {kind[:100]!r}")
    arrival = launching.arrive(claims, back)
    address = arrival.address
    if kind == c.DEEP_LINK_MESSAGE:
        address = reverse("lti:pick", args=[deep_links.begin(claims, arrival)])
    sign_in(request, arrival.user, backend=BACKEND)
    request.session[ORIGINS] = arrival.origins
    response = redirect(address)
    response.delete_cookie(_cookie(state), path="/lti/")
    partition(response.cookies[_cookie(state)])
    log.info("launched", user=arrival.user.pk, course=arrival.course.slug, address=address)
    return response


@never_cache
@friendly
@require_http_methods(["GET", "POST"])
def pick(request: Request, token: str) -> HttpResponse:
    """Pick exercises for the LMS course, and take the answer back to the platform."""
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
    """Our public keys."""
    return JsonResponse(keys.key_set())


@login_not_required
@never_cache
@friendly
@require_http_methods(["GET"])
def register(request: Request) -> HttpResponse:
    """A platform registers itself (dynamic registration), by an invitation of an instructor's."""
    made = registration.register(
        code=request.GET.get("code", ""),
        configuration_url=request.GET.get("openid_configuration", ""),
        token=request.GET.get("registration_token", ""),
    )
    return render(request, "lti/registered.html", {"platform": made})


def _cookie(state: str) -> str:
    """Return the name of a login's cookie: each has its own, for a page may show several activities at once."""
    return f"{COOKIE}{login.digest(state)[:16]}"
