"""Probes without a network: what they report if a part is away, and what they work without."""

from concurrent.futures import Future

import pytest
from kombu import Connection

from grader import VERSION
from server.celery import app
from server.observability import readiness


@pytest.fixture(autouse=True)
def _long_timeout(monkeypatch):
    """However busy the machine is, a check has time to answer."""
    monkeypatch.setattr(readiness, "TIMEOUT", 60)


def test_liveness_needs_no_database_and_no_session(client):
    # Without a mark, pytest-django forbids the database here.
    answer = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert not answer.cookies


@pytest.mark.django_db
def test_a_complete_server_is_ready_for_any_host_and_scheme(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/readyz", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "troubles": {}, "version": VERSION})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_is_reported(client, monkeypatch):
    # The tests' database has none of the notes that migrations leave.
    monkeypatch.setattr(readiness, "known_migrations", lambda: frozenset({("submissions", "0099_next")}))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["troubles"] == {"migrations": "1 not applied: run `manage.py migrate`"}


def test_the_migrations_of_this_version_are_known(settings):
    settings.MIGRATION_MODULES = {}
    readiness.known_migrations.cache_clear()

    assert ("submissions", "0001_initial") in readiness.known_migrations()

    readiness.known_migrations.cache_clear()


@pytest.mark.django_db
def test_a_missing_broker_is_reported_without_its_address(client, monkeypatch):
    monkeypatch.setattr(app, "connection_for_write", lambda: Connection("redis://:hush@127.0.0.1:1/0"))
    # A check of its own: other tests would have to wait until this connection is given up.
    monkeypatch.setattr(readiness, "CHECKS", {"broker away": readiness.CHECKS["broker"]})
    monkeypatch.setattr(readiness, "TIMEOUT", 0.2)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json().keys() == {"ready", "troubles", "version"}
    assert answer.json()["troubles"].keys() == {"broker away"}
    assert "hush" not in answer.text


def test_a_check_that_takes_too_long_is_reported(monkeypatch):
    monkeypatch.setattr(readiness, "TIMEOUT", 0)

    assert readiness.result_of("some part", Future()) == "no answer within 0 seconds"


class TestMetrics:
    pytestmark = pytest.mark.django_db

    def test_there_are_none_without_a_token_setting(self, client):
        assert client.get("/metrics").status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer ", "right", "Basic right", "Bearer richtig-ü"])
    def test_a_wrong_token_gets_none(self, client, settings, given):
        settings.METRICS_TOKEN = "right"

        answer = client.get("/metrics", headers={"Authorization": given})

        assert (answer.status_code, answer.content) == (401, b"")

    def test_the_right_token_gets_the_metrics(self, client, settings):
        settings.METRICS_TOKEN = "right"

        answer = client.get("/metrics", headers={"Authorization": "Bearer right", "Host": "10.1.2.3"})

        assert 'chainrule_queue_age_seconds{runtime="cpu"} 0.0' in answer.text
        assert 'chainrule_up{part="database"} 1.0' in answer.text
