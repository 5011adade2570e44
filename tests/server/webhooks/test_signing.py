"""Our signatures, verified by the published package of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from server.webhooks.signing import headers, new_secret

BODY = b'{"type":"submission.graded"}'


def signed(*secrets, at=None):
    return headers(secrets, message="msg_1", at=at or datetime.now(UTC), body=BODY)


def test_the_published_package_accepts_our_signature():
    secret = new_secret()

    assert Webhook(secret).verify(BODY, signed(secret)) == {"type": "submission.graded"}


def test_the_example_of_the_specification_gives_its_signature():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)

    signed_headers = headers([secret], message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=body)

    assert signed_headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_both_secrets_verify_during_a_rotation():
    new, old = new_secret(), new_secret()

    for secret in (new, old):
        assert Webhook(secret).verify(BODY, signed(new, old))


@pytest.mark.parametrize(
    "change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": "1"}, {"webhook-signature": "v1,AAAA"}]
)
def test_a_tampered_header_does_not_verify(change):
    secret = new_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret) | change)


def test_a_tampered_body_does_not_verify():
    secret = new_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace(b"graded", b"ungraded"), signed(secret))


def test_a_delivery_older_than_five_minutes_is_refused():
    secret = new_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret, at=datetime.now(UTC) - timedelta(minutes=6)))


def test_another_secret_does_not_verify():
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, signed(new_secret()))
