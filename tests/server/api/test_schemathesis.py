"""The whole published schema, exercised by schemathesis: with a token, and with ones that open nothing."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

# An If-Match that fits the schema need not be that of the grade (412); one that is missing is a 428 here.
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
published = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), config=config)
# The same examples in every run: a failure that comes and goes teaches nothing.
bounded = settings(max_examples=10, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _one_connection():
    """The test's transaction lives in its connection: requests must not close it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.slow
@published.parametrize()
@bounded
def test_whatever_is_sent_the_answer_is_as_published(case, call):
    case.call_and_validate(headers={"Authorization": f"Bearer {call.token}"})


@pytest.mark.slow
@pytest.mark.django_db
@published.parametrize()
@settings(bounded, max_examples=3)
def test_a_token_that_opens_nothing_gets_a_published_refusal(case):
    case.call_and_validate(headers={"Authorization": "Bearer cr_nothing"})
