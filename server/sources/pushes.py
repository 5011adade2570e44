"""What the servers of repositories send after a push, and how they prove that it is them.

| header              | who sends it                    | proof                                                        |
|---------------------|---------------------------------|--------------------------------------------------------------|
| webhook-signature   | GitLab, with a signing token    | HMAC over id, time and body (Standard Webhooks)              |
| X-Hub-Signature-256 | GitHub, and Gitea beside others | `sha256=` and the HMAC over the body                         |
| X-Gitea-Signature   | Gitea                           | the HMAC over the body                                       |
| X-Forgejo-Signature | Forgejo                         | the HMAC over the body                                       |
| X-Gitlab-Token      | GitLab, with a secret token     | the secret itself                                            |

The first of these headers that is there decides. A bad one is not saved by another one.
"""

import hmac
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from server.common.bounded_json import load_json
from server.webhooks.signing import MARK, sign

TOLERANCE = 300  # seconds between the sender's clock and ours

_EVENTS = ("X-GitHub-Event", "X-Gitea-Event", "X-Forgejo-Event", "X-Gitlab-Event")
_PUSHES = frozenset({"push", "push hook"})


class PushRefused(Exception):
    """The message is not proved to come from the repository's server, or cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A push to one branch. `commit` is the newest one; "" if the branch was deleted."""

    branch: str
    commit: str


def check_signature(headers: Mapping[str, str], body: bytes, secret: str, *, now: float | None = None) -> None:
    """Raise PushRefused unless the message was made by somebody who has the secret."""
    for name, proof in _PROOFS.items():
        value = headers.get(name)
        if value is not None:
            if not proof(value, headers, body, secret, time.time() if now is None else now):
                raise PushRefused("The signature is wrong. Compare the secret on both sides.")
            return
    raise PushRefused("There is no signature. Enter the secret of this webhook at the server of the repository.")


def read_push(headers: Mapping[str, str], body: bytes) -> Push | None:
    """Return the push that a message tells of; None for messages about other things, such as a test.

    Raises PushRefused if the message is malformed.
    """
    event = next((headers[name] for name in _EVENTS if name in headers), "")
    data = _data(headers.get("Content-Type", ""), body)
    if event.lower() not in _PUSHES:
        return None
    reference, after = data.get("ref"), data.get("after")
    if not isinstance(reference, str) or not isinstance(after, str):
        raise PushRefused("A push names `ref` and `after`.")
    kind, _, branch = reference.partition("refs/heads/")
    if kind or not branch:
        return None
    return Push(branch=branch, commit="" if not after.strip("0") else after)


def digest_of(body: bytes) -> str:
    """Return the name of a message, by which a second one is recognized."""
    return sha256(body).hexdigest()


def _data(content_type: str, body: bytes) -> dict[str, Any]:
    try:
        text: Any = body
        if content_type.partition(";")[0].strip() == "application/x-www-form-urlencoded":
            text = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)["payload"][0].encode()
        data = load_json(text)
    except (ValueError, KeyError, RecursionError) as error:
        raise PushRefused("The message is no JSON. Choose the content type application/json.") from error
    if not isinstance(data, dict):
        raise PushRefused("The message is no JSON object.")
    return data


Proof = Callable[[str, Mapping[str, str], bytes, str, float], bool]


def _standard(value: str, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    message, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not (timestamp.isascii() and timestamp.isdigit()) or not secret.startswith(MARK):
        return False
    if abs(now - int(timestamp[:12])) > TOLERANCE:
        return False
    try:
        b64decode(secret.removeprefix(MARK), validate=True)
    except ValueError:
        return False
    wanted = sign(secret, message=message, timestamp=int(timestamp), body=body)
    return any(_same(wanted, one) for one in value.split()[:10])


def _hub(value: str, _: Mapping[str, str], body: bytes, secret: str, __: float) -> bool:
    return _same(f"sha256={_hmac(body, secret)}", value)


def _plain(value: str, _: Mapping[str, str], body: bytes, secret: str, __: float) -> bool:
    return _same(_hmac(body, secret), value)


def _token(value: str, _: Mapping[str, str], __: bytes, secret: str, ___: float) -> bool:
    return _same(secret, value)


_PROOFS: Mapping[str, Proof] = {
    "webhook-signature": _standard,
    "X-Hub-Signature-256": _hub,
    "X-Gitea-Signature": _plain,
    "X-Forgejo-Signature": _plain,
    "X-Gitlab-Token": _token,
}


def _hmac(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def _same(wanted: str, value: str) -> bool:
    return hmac.compare_digest(wanted.encode(), value.encode(errors="replace"))
