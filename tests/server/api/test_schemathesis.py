"""Schemathesis calls every operation of the published schema, with a valid and with an invalid token."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from server.api.models import KeptAnswer

pytestmark = pytest.mark.walk

# An If-Match that fits the schema can still differ from the grade's ETag (412); without If-Match the API sends 428.
config = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 412, 429],
            },
            "missing_required_header": {"expected-statuses": [400, 401, 403, 422, 428]},
        }
    }
)


@schemathesis.serializer("application/zip")
def as_it_is(_, value):
    """Send what was made for a file. It is no ZIP, which the API says after it has looked at the address."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


published = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), config=config)
# The same examples in every run, so that failures can be reproduced.
bounded = settings(max_examples=10, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _one_connection():
    """Keep requests from closing the connection: the test's transaction is in it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.slow
@published.parametrize()
@bounded
def test_every_answer_follows_the_published_schema(case, call):
    # An Idempotency-Key that an earlier example used would be refused with 422.
    KeptAnswer.objects.all().delete()
    case.call_and_validate(headers={"Authorization": f"Bearer {call.token}"})


@pytest.mark.slow
@pytest.mark.django_db
@published.parametrize()
@settings(bounded, max_examples=3)
def test_an_invalid_token_gets_a_published_refusal(case):
    case.call_and_validate(headers={"Authorization": "Bearer cr_nothing"})
