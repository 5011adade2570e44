import io

import jwt
import pytest
from django.core.management import call_command

from server.lti.models import KeyState, SigningKey
from server.lti.platform import keys

pytestmark = pytest.mark.django_db


def published_key_ids():
    return [key["kid"] for key in keys.key_set()["keys"]]


def test_two_keys_are_published_without_their_private_parts(client):
    published = client.get("/lti/jwks").json()["keys"]

    assert len(published) == 2
    assert all(set(key) == {"kty", "n", "e", "kid", "alg", "use"} for key in published)


def test_the_next_signing_key_is_published_before_a_rotation():
    before = published_key_ids()
    fresh = keys.rotate()

    assert fresh.kid in before
    assert jwt.get_unverified_header(keys.sign({"a": 1}))["kid"] == fresh.kid


def test_the_former_key_is_published_until_the_rotation_is_finished():
    former = SigningKey.objects.get(kid=jwt.get_unverified_header(keys.sign({}))["kid"])
    keys.rotate()

    assert former.kid in published_key_ids()
    assert keys.finish() == 1
    assert former.kid not in published_key_ids()
    assert len(published_key_ids()) == 2


def test_the_command_prints_the_new_signing_key():
    out = io.StringIO()
    call_command("lti_keys", "rotate", stdout=out)

    current = SigningKey.objects.get(state=KeyState.CURRENT)
    assert f"{current.kid} signs from now on" in out.getvalue()
