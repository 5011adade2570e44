"""Believing what a platform signed: its keys, the signature, and each claim that must hold.

Only RS256 is taken: a token that names another algorithm, or none, is refused before any key is looked at.
"""

import hashlib
from datetime import timedelta
from typing import Any

import jwt
from django.core.cache import cache
from django.utils import timezone

from server.lti.errors import BadRequest, BadToken, ServiceError, Unreachable
from server.lti.models import Platform
from server.lti.platform import claims as c
from server.lti.platform import transport
from server.lti.platform.claims import Claims

ALGORITHM = "RS256"
LEEWAY = 60  # seconds that clocks may differ
OLDEST = timedelta(hours=1)
LONGEST = 100_000  # characters
SHORTEST_KEY = 2048  # bits
KEYS_KEPT = 3600  # seconds
KEYS_AGAIN = 20  # seconds between two looks for a key that we do not know


def verified(token: str, platform: Platform, *, nonce: str) -> Claims:
    """Return the claims of a launch's token; BadToken where anything about it is wrong, Unreachable without keys."""
    if len(token) > LONGEST:
        raise BadToken("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM:
            raise BadToken(f"the algorithm is {header.get('alg')!r}")
        claims = _decoded(token, _key(platform, header.get("kid")), platform)
    except jwt.PyJWTError as error:
        raise BadToken(f"{type(error).__name__}: {error}") from None
    _check(claims, platform, nonce)
    return claims


def _decoded(token: str, key: Any, platform: Platform) -> Claims:
    claims: Claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=platform.client_id,
        issuer=platform.issuer,
        leeway=LEEWAY,
        options={"require": ["exp", "iat", "iss", "aud", "nonce"], "verify_sub": False},
    )
    return claims


def _check(claims: Claims, platform: Platform, nonce: str) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != platform.client_id:
        raise BadToken("the token is for another party")
    if not isinstance(claims["iat"], int | float) or not claims["iat"] >= (timezone.now() - OLDEST).timestamp():
        raise BadToken("the token was issued too long ago")
    if claims["nonce"] != nonce:
        raise BadToken("the nonce is another login's")
    if c.text(claims, c.VERSION) != "1.3.0":
        raise BadToken("this is not LTI 1.3")
    if not c.text(claims, c.DEPLOYMENT_ID) or len(c.text(claims, c.DEPLOYMENT_ID)) > 255:
        raise BadToken("there is no deployment")
    if not c.text(claims, "sub") or len(c.text(claims, "sub")) > 255:
        raise BadRequest("an anonymous launch: there is no sub")


def _key(platform: Platform, kid: Any) -> Any:
    """Return the platform's key of a name; the only one where the token names none."""
    found = _find(_known(platform), kid)
    # A platform that changed its keys is asked again, but not as often as somebody likes to make up names.
    if found is None and cache.add(f"{_cache_key(platform)}:again", 1, KEYS_AGAIN):
        found = _find(_fetched(platform), kid)
    if found is None:
        raise BadToken("the key is none of the platform's")
    try:
        key = jwt.PyJWK(found, algorithm=ALGORITHM).key
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BadToken("the platform's key cannot be read") from None
    if key.key_size < SHORTEST_KEY:
        raise BadToken("the platform's key is too short")
    return key


def _find(keys: list[dict[str, Any]], kid: Any) -> dict[str, Any] | None:
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == kid), None)


def _known(platform: Platform) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] | None = cache.get(_cache_key(platform))
    return _fetched(platform) if keys is None else keys


def _fetched(platform: Platform) -> list[dict[str, Any]]:
    try:
        data = transport.get_json(platform.jwks_url)
    except ServiceError as error:
        raise Unreachable(f"no keys from {platform.jwks_url}: {error.words}") from None
    found = data.get("keys") if isinstance(data, dict) else None
    keys = [key for key in found or [] if isinstance(key, dict) and key.get("kty") == "RSA"]
    cache.set(_cache_key(platform), keys, KEYS_KEPT)
    return keys


def _cache_key(platform: Platform) -> str:
    return f"lti:keys:{platform.pk}:{hashlib.sha256(platform.jwks_url.encode()).hexdigest()}"
