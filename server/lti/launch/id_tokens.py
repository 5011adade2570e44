"""Verifies a platform's ID tokens: its keys, the signature, and each claim.

Only RS256 is accepted: a token with another algorithm, or none, is refused before any key is read.
"""

import hashlib
from datetime import timedelta
from typing import Any

import jwt
from django.core.cache import cache
from django.utils import timezone

from server.lti.errors import BadRequest, BadToken, KeysUnreachable, ServiceError
from server.lti.models import Platform
from server.lti.platform import claims as c
from server.lti.platform import http_client
from server.lti.platform.claims import Claims

ALGORITHM = "RS256"
LEEWAY = 60  # seconds that clocks can differ
OLDEST = timedelta(hours=1)
LONGEST = 100_000  # characters
SHORTEST_KEY = 2048  # bits
KEYS_CACHED_FOR = 3600  # seconds
KEYS_REFETCHED_AFTER = 20  # seconds between two requests because of an unknown key


def verify(token: str, platform: Platform, *, nonce: str) -> Claims:
    """Return the claims of a launch's token. Raises BadToken if it is not valid, KeysUnreachable without keys."""
    if len(token) > LONGEST:
        raise BadToken("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM:
            raise BadToken(f"the algorithm is {header.get('alg')!r}")
        claims = _decode(token, _key(platform, header.get("kid")), platform)
    # Not only PyJWT's own: a token can be nested too deeply, or have numbers that are no times.
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise BadToken(f"{type(error).__name__}: {error}") from None
    _check(claims, platform, nonce)
    return claims


def audience_of(token: str) -> set[str]:
    """Return the client ids that a token says it is for; none if it cannot be read. Nothing of it is verified."""
    try:
        audience = jwt.decode(token[:LONGEST], options={"verify_signature": False}).get("aud", [])
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
        return set()
    every = audience if isinstance(audience, list) else [audience]
    return {one for one in every if isinstance(one, str)}


def _decode(token: str, key: Any, platform: Platform) -> Claims:
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
        raise BadToken("the nonce belongs to another login")
    if c.string(claims, c.VERSION) != "1.3.0":
        raise BadToken("this is not LTI 1.3")
    if not c.string(claims, c.DEPLOYMENT_ID) or len(c.string(claims, c.DEPLOYMENT_ID)) > 255:
        raise BadToken("there is no valid deployment")
    if not c.string(claims, "sub") or len(c.string(claims, "sub")) > 255:
        raise BadRequest("an anonymous launch: there is no sub")


def _key(platform: Platform, kid: Any) -> Any:
    """Return the platform's key with this id; its only key if the token has no id."""
    found = _find(_cached(platform), kid)
    # A platform can have changed its keys, so fetch them again, but not as often as a stranger can make up key ids.
    if found is None and cache.add(f"{_cache_key(platform)}:again", 1, KEYS_REFETCHED_AFTER):
        found = _find(_fetch(platform), kid)
    if found is None:
        raise BadToken("the platform has no such key")
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


def _cached(platform: Platform) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] | None = cache.get(_cache_key(platform))
    return _fetch(platform) if keys is None else keys


def _fetch(platform: Platform) -> list[dict[str, Any]]:
    try:
        data = http_client.get_json(platform.jwks_url)
    except ServiceError as error:
        raise KeysUnreachable(f"no keys from {platform.jwks_url}: {error.words}") from None
    found = data.get("keys") if isinstance(data, dict) else None
    keys = [key for key in found or [] if isinstance(key, dict) and key.get("kty") == "RSA"]
    cache.set(_cache_key(platform), keys, KEYS_CACHED_FOR)
    return keys


def _cache_key(platform: Platform) -> str:
    return f"lti:keys:{platform.pk}:{hashlib.sha256(platform.jwks_url.encode()).hexdigest()}"
