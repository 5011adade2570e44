"""The login that a platform begins (OpenID Connect, third-party initiated), and its state.

State and nonce are random and stored in a row; the browser has a third secret in a cookie. A launch is accepted only if
all three match, and only once. So nobody can be signed in by a form that somebody else prepared.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from server.lti.errors import AlreadyUsed, BadRequest, LaunchError, LostState, NotRegistered, PlatformSwitchedOff
from server.lti.launch.id_tokens import audience_of
from server.lti.models import Deployment, Identity, LoginState, Platform, origin_of

VALID_FOR = timedelta(minutes=10)
MAX_PARAM = 4_000  # characters
MAX_PARAMS = 10_000  # characters of all parameters together
# Each login deletes so many expired ones: so the table has few more rows than logins of the last ten minutes.
MOST_DELETED = 20
# A login that names no client id can be for any registration of its issuer; at most so many are tried.
MOST_TRIED = 5
# In the parameters of a login: the login of the frame that opened this login's window.
WINDOW = "window"
PARAMS = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The secrets of a login. `state` goes to the platform and comes back; `browser` goes into a cookie."""

    state: str
    browser: str


def begin(params: dict[str, str]) -> Begun:
    """Store a login that a platform begins. Raises BadRequest, NotRegistered or PlatformSwitchedOff."""
    if not params.get("iss") or not params.get("login_hint"):
        raise BadRequest("a login without issuer or hint")
    sizes = [len(value) for value in params.values()]
    if max(sizes) > MAX_PARAM or sum(sizes) > MAX_PARAMS:
        raise BadRequest("a login with parameters that are too long")
    _delete_some_expired()
    return _begin(find_platforms(params)[0], params)


def begin_with_next(state: str, browser: str) -> Begun | None:
    """Begin a login again with the next registration of its issuer, after the platform refused the one before.

    Return None if the login named its client id, is not this browser's, or no registration is left.
    """
    try:
        refused = use(state, browser)
        known = find_platforms(refused.params)
    except LaunchError:
        return None
    tried = {*refused.params.get("tried", []), refused.platform_id}
    rest = [platform for platform in known if platform.pk not in tried]
    return _begin(rest[0], refused.params | {"tried": sorted(tried)}) if rest else None


def _begin(platform: Platform, params: dict[str, Any]) -> Begun:
    begun = Begun(state=secrets.token_urlsafe(32), browser=secrets.token_urlsafe(32))
    LoginState.objects.create(
        state=digest(begun.state),
        nonce=nonce_of(begun.state),
        browser=digest(begun.browser),
        platform=platform,
        params=params,
        expires_at=timezone.now() + VALID_FOR,
    )
    return begun


def find_platforms(params: Mapping[str, Any]) -> list[Platform]:
    """Return the registrations that a login can be for, the likeliest first.

    Raises NotRegistered or PlatformSwitchedOff.

    A login that names a client id has one. Otherwise everybody who teaches here can have registered the same issuer, so
    the order is: the deployment that the login names is approved, the login page is on the issuer's own site, people
    came from there before, registered first.
    """
    issuer, client_id = params["iss"], params.get("client_id", "")
    known = list(Platform.objects.filter(Q(client_id=client_id) if client_id else Q(), issuer=issuer))
    found = [platform for platform in known if platform.enabled]
    if known and not found:
        raise PlatformSwitchedOff(f"{known[0]} is disabled")
    if not found:
        raise NotRegistered(f"no platform with issuer {issuer!r} and client id {client_id!r}")
    if len(found) == 1:
        return found
    named = {"deployment_id": params.get("lti_deployment_id", ""), "platform__in": found, "approved": True}
    approved = set(Deployment.objects.filter(**named).values_list("platform", flat=True))
    used = set(Identity.objects.filter(platform__in=found).values_list("platform", flat=True))
    found.sort(key=lambda one: (one.pk not in approved, not _is_on_own_site(one), one.pk not in used, one.pk))
    return found[:MOST_TRIED]


def _is_on_own_site(platform: Platform) -> bool:
    return origin_of(platform.issuer) == origin_of(platform.auth_url)


def platform_of(login: LoginState, token: str) -> Platform:
    """Return the registration whose keys must verify a token: the one that the login was begun with.

    If the login named no client id, it is the registration that the token is for. Nothing else is believed of the
    token: its signature, audience and issuer are verified afterwards, with the keys of this one registration.
    """
    if login.params.get("client_id"):
        return login.platform
    audience = audience_of(token)
    return next((one for one in find_platforms(login.params) if one.client_id in audience), login.platform)


def find_pending(state: str, browser: str) -> LoginState:
    """Return a login that this browser began. Raises LostState if it is unknown or has expired."""
    found = LoginState.objects.select_related("platform").filter(state=digest(state)).first()
    if found is None or found.has_expired or not secrets.compare_digest(found.browser, digest(browser)):
        raise LostState("the state is unknown, too old, or another browser's")
    return found


def require_open(state: str) -> None:
    """Raise LostState if a login is over, so that a link to begin it again in a new window would not work."""
    _find_open(state)


def _find_open(state: str) -> LoginState:
    found = LoginState.objects.filter(state=digest(state), used_at=None).first()
    if found is None or found.has_expired:
        raise LostState("the state is unknown or too old")
    return found


def use(state: str, browser: str) -> LoginState:
    """Return a login and mark it as used, so that it works once.

    Raises LostState, AlreadyUsed or PlatformSwitchedOff.
    """
    found = find_pending(state, browser)
    if not LoginState.objects.filter(pk=found.pk, used_at=None).update(used_at=timezone.now()):
        raise AlreadyUsed("the state was used before")
    if not found.platform.enabled:
        raise PlatformSwitchedOff(f"{found.platform} is disabled")
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Who arrived with a login: the key of the account, the page, and the origins that can show us in a frame."""

    user: int
    address: str
    origins: list[str]


def arrive(login: LoginState, arrival: Arrival) -> None:
    """Store who arrived with a login, and with the login of the frame that opened its window, if there is one."""
    keys = [login.pk, login.params.get(WINDOW)]
    LoginState.objects.filter(pk__in=[key for key in keys if key]).update(arrival=asdict(arrival))


def finish(state: str, browser: str) -> Arrival:
    """Return who arrived with a login, once. Raises LostState or AlreadyUsed."""
    found = find_pending(state, browser)
    if found.arrival is None:
        raise LostState("the login was not answered")
    if not LoginState.objects.filter(pk=found.pk).exclude(nonce="").update(nonce=""):
        raise AlreadyUsed("the login was finished before")
    return Arrival(**found.arrival)


def begin_in_window(state: str) -> Begun | Arrival:
    """Begin a login again, in a window of its own. If that was done before, return who arrived there.

    A platform accepts what it sent with a login once, so a second click cannot begin the login a second time.
    """
    found = _find_open(state)
    if found.arrival is not None:
        return Arrival(**found.arrival)
    params = {name: value for name, value in found.params.items() if name in PARAMS}
    return _begin(find_platforms(params)[0], params | {WINDOW: found.pk})


def arrived_before(state: str, browser: str) -> Arrival | None:
    """Return who arrived with an earlier click on the link that opened this login's window; None if nobody did."""
    try:
        pending = find_pending(state, browser)
    except LostState:
        return None
    first = LoginState.objects.filter(pk=pending.params.get(WINDOW)).first()
    return Arrival(**first.arrival) if first and first.arrival else None


def authentication_url(login: LoginState, state: str, *, redirect_uri: str) -> str:
    """Return the platform's URL that authenticates the browser's person."""
    params = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": login.platform.client_id,
        "redirect_uri": redirect_uri,
        "login_hint": login.params["login_hint"],
        "state": state,
        "nonce": login.nonce,
    }
    if login.params.get("lti_message_hint"):
        params["lti_message_hint"] = login.params["lti_message_hint"]
    address = login.platform.auth_url
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params)}"


def _delete_some_expired() -> None:
    expired = LoginState.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at")
    keys = list(expired.values_list("pk", flat=True)[:MOST_DELETED])
    if keys:
        LoginState.objects.filter(pk__in=keys).delete()


def delete_expired() -> int:
    """Delete logins that have expired; return how many."""
    return LoginState.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def digest(secret: str) -> str:
    """Return the digest of a secret, which is all that we store of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def nonce_of(state: str) -> str:
    """Return the nonce of a login: derived from its state, without revealing it."""
    return digest(f"nonce of {state}")
