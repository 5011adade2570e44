"""Payloads of GitHub, GitLab and Gitea as their documentation records them, and the signature examples they publish."""

import hmac
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from server.sources.pushes import TOLERANCE, Push, PushRefused, check_signature, read_push
from server.sources.services import new_secret
from server.webhooks.signing import sign

SECRET = new_secret()
PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_800_000_000


def mac(body, secret=SECRET):
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def standard(body, *, secret=SECRET, at=NOW, message="msg_1"):
    signature = sign(secret, message=message, timestamp=at, body=body)
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signature}


SENDERS = {
    "github": lambda body: {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={mac(body)}"},
    "gitlab": lambda body: {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET},
    "gitlab signed": lambda body: {"X-Gitlab-Event": "Push Hook", **standard(body)},
    "gitea": lambda body: {"X-Gitea-Event": "push", "X-GitHub-Event": "push", "X-Gitea-Signature": mac(body)},
    "forgejo": lambda body: {"X-Forgejo-Event": "push", "X-Forgejo-Signature": mac(body)},
}


def payload(sender):
    name = {"gitlab signed": "gitlab", "forgejo": "gitea"}.get(sender, sender)
    return (PAYLOADS / f"{name}.json").read_bytes()


@pytest.mark.parametrize("sender", SENDERS)
def test_a_recorded_push_is_read(sender):
    body = payload(sender)
    headers = SENDERS[sender](body)

    check_signature(headers, body, SECRET, now=NOW)

    assert read_push(headers, body).branch == "main"


@pytest.mark.parametrize("sender", SENDERS)
def test_another_secret_or_none_is_refused(sender):
    body = payload(sender)
    headers = SENDERS[sender](body)

    with pytest.raises(PushRefused, match="wrong"):
        check_signature(headers, body, new_secret(), now=NOW)
    proofs = ("signature", "token")
    unsigned = {name: value for name, value in headers.items() if not any(word in name.lower() for word in proofs)}
    with pytest.raises(PushRefused, match="no signature"):
        check_signature(unsigned, body, SECRET, now=NOW)


@pytest.mark.parametrize("sender", [sender for sender in SENDERS if sender != "gitlab"])
def test_a_changed_body_is_refused(sender):
    body = payload(sender)

    with pytest.raises(PushRefused, match="wrong"):
        check_signature(SENDERS[sender](body), body + b" ", SECRET, now=NOW)


def test_the_example_of_github_is_accepted():
    """From "Validating webhook deliveries" in GitHub's documentation."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    check_signature({"X-Hub-Signature-256": signature}, b"Hello, World!", "It's a Secret to Everybody")


def test_the_example_of_standard_webhooks_is_accepted():
    """From the specification that GitLab's signing tokens follow."""
    headers = {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }

    body = b'{"event_type":"ping","data":{"success":true}}'
    check_signature(headers, body, "whsec_plJ3nmyCDGBKInavdOK15jsl", now=1731705121)


def test_the_digest_of_gitea_has_no_prefix():
    """As `hash_hmac('sha256', $payload, $secret_key, false)` in Gitea's documentation."""
    body = payload("gitea")
    check_signature({"X-Gitea-Signature": mac(body)}, body, SECRET)

    with pytest.raises(PushRefused):
        check_signature({"X-Gitea-Signature": f"sha256={mac(body)}"}, body, SECRET)


@pytest.mark.parametrize("shift", [-TOLERANCE - 1, TOLERANCE + 1])
def test_an_old_or_future_time_is_refused(shift):
    with pytest.raises(PushRefused):
        check_signature(standard(b"{}", at=NOW + shift), b"{}", SECRET, now=NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": f"sha1={mac(b'{}')}"},
        {"X-Hub-Signature-256": mac(b"{}")},
        {"X-Hub-Signature-256": "sha256=\xff\ud800"},
        {"X-Hub-Signature-256": "wrong", "X-Gitlab-Token": SECRET},
        {"X-Gitlab-Token": ""},
        {"X-Hub-Signature": f"sha1={mac(b'{}')}"},
        {"webhook-signature": "v1,x", "webhook-id": "", "webhook-timestamp": str(NOW)},
        {"webhook-signature": "v1,x", "webhook-id": "m", "webhook-timestamp": "-1"},
        {"webhook-signature": "v1,x", "webhook-id": "m", "webhook-timestamp": "9" * 5000},
        {"webhook-signature": b64encode(b"x" * 32).decode(), "webhook-id": "m", "webhook-timestamp": str(NOW)},
    ],
)
def test_a_malformed_proof_is_refused(headers):
    with pytest.raises(PushRefused):
        check_signature(headers, b"{}", SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_***"])
def test_a_secret_that_is_no_key_fits_nothing(secret):
    with pytest.raises(PushRefused):
        check_signature(standard(b"{}"), b"{}", secret, now=NOW)


def test_other_events_and_branches_are_told_apart():
    github = {"X-GitHub-Event": "push"}
    form = {"X-GitHub-Event": "push", "Content-Type": "application/x-www-form-urlencoded"}

    assert read_push({"X-GitHub-Event": "ping"}, b'{"zen":"Keep it simple."}') is None
    assert read_push(github, b'{"ref":"refs/tags/v1","after":"1"}') is None
    assert read_push(github, b'{"ref":"refs/heads/a/b","after":"01"}') == Push(branch="a/b", commit="01")
    assert read_push(github, b'{"ref":"refs/heads/x","after":"0000"}') == Push(branch="x", commit="")
    assert read_push(form, b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fx%22%2C%22after%22%3A%221%22%7D").branch == "x"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"ref":1,"after":2}', b"[" * 200_000, b'{"a":' * 20_000, b'{"ref":"x"}']
)
def test_malformed_messages_are_refused(body):
    with pytest.raises(PushRefused):
        read_push({"X-GitHub-Event": "push"}, body)
