"""The login that a platform begins (OpenID Connect, third-party initiated), and its state.

State and nonce are random and stored in a row; the browser has a third secret in a cookie. A launch is accepted only if
all three match, and only once. So nobody can be signed in by a form that somebody else prepared.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from server.lti.errors import AlreadyUsed, BadRequest, LostState, NotRegistered
from server.lti.models import LoginState, Platform

VALID_FOR = timedelta(minutes=10)
MAX_PARAM = 4_000  # characters
PARAMS = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The secrets of a login. `state` goes to the platform and comes back; `browser` goes into a cookie."""

    state: str
    browser: str


def begin(params: dict[str, str]) -> Begun:
    """Store a login that a platform begins. Raises BadRequest, or NotRegistered if the platform is unknown."""
    if not params.get("iss") or not params.get("login_hint"):
        raise BadRequest("a login without issuer or hint")
    if any(len(value) > MAX_PARAM for value in params.values()):
        raise BadRequest("a login with parameters that are too long")
    platform = find_platform(params["iss"], params.get("client_id", ""))
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


def find_platform(issuer: str, client_id: str) -> Platform:
    """Return the platform of a login. Raises NotRegistered if there is none, or several and no client id."""
    found = list(Platform.objects.filter(Q(client_id=client_id) if client_id else Q(), issuer=issuer, enabled=True)[:2])
    if len(found) != 1:
        raise NotRegistered(f"{len(found)} platforms with issuer {issuer!r} and client id {client_id!r}")
    return found[0]


def find_pending(state: str, browser: str) -> LoginState:
    """Return a login that this browser began. Raises LostState if it is unknown or has expired."""
    found = LoginState.objects.select_related("platform").filter(state=digest(state)).first()
    if found is None or found.has_expired or not secrets.compare_digest(found.browser, digest(browser)):
        raise LostState("the state is unknown, too old, or another browser's")
    return found


def params_of(state: str) -> dict[str, str]:
    """Return the parameters of a login, to begin it again in a new window. Raises LostState if it is over."""
    found = LoginState.objects.filter(state=digest(state), used_at=None).first()
    if found is None or found.has_expired:
        raise LostState("the state is unknown or too old")
    return dict(found.params)


def use(state: str, browser: str) -> LoginState:
    """Return a login and mark it as used, so that it works once. Raises LostState or AlreadyUsed."""
    found = find_pending(state, browser)
    if not LoginState.objects.filter(pk=found.pk, used_at=None).update(used_at=timezone.now()):
        raise AlreadyUsed("the state was used before")
    if not found.platform.enabled:
        raise NotRegistered(f"{found.platform} is disabled")
    return found


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


def delete_expired() -> int:
    """Delete logins that have expired; return how many."""
    return LoginState.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def digest(secret: str) -> str:
    """Return the digest of a secret, which is all that we store of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def nonce_of(state: str) -> str:
    """Return the nonce of a login: derived from its state, without revealing it."""
    return digest(f"nonce of {state}")
