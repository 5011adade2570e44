"""Probes without a network: what they say when a part is away, and what they need to know nothing of."""

from concurrent.futures import Future

import pytest
from django.db.migrations.recorder import MigrationRecorder
from kombu import Connection

from server.celery import app
from server.observability import readiness


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However busy the machine: what answers is waited for."""
    monkeypatch.setattr(readiness, "PATIENCE", 60)


def test_liveness_asks_nothing_of_anybody(client):
    # Without a mark for it, the database is out of bounds here.
    answer = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert not answer.cookies


@pytest.mark.django_db
def test_a_server_that_has_all_it_needs_is_ready_whatever_host_and_scheme_the_probe_uses(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/readyz", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "troubles": {}})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied_is_told(client):
    last = MigrationRecorder.Migration.objects.filter(app="submissions").latest("pk")
    last.delete()

    answer = client.get("/readyz")

    try:
        assert answer.status_code == 503
        assert answer.json()["troubles"] == {"migrations": "1 not applied: run `manage.py migrate`"}
    finally:
        MigrationRecorder.Migration.objects.create(app=last.app, name=last.name)


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told_and_nothing_of_its_address(client, monkeypatch):
    monkeypatch.setattr(app, "connection_for_write", lambda: Connection("redis://:hush@127.0.0.1:1/0"))
    # Not the ones of other tests, which would have to wait until this connection is given up.
    monkeypatch.setattr(readiness, "ASK", {"broker away": readiness.ASK["broker"]})
    monkeypatch.setattr(readiness, "PATIENCE", 0.2)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json().keys() == {"ready", "troubles"}
    assert answer.json()["troubles"].keys() == {"broker away"}
    assert "hush" not in answer.text


def test_who_does_not_answer_in_time_is_told(monkeypatch):
    monkeypatch.setattr(readiness, "PATIENCE", 0)

    assert readiness.answer_of("some part", Future()) == "no answer within 0 seconds"


class TestMetrics:
    pytestmark = pytest.mark.django_db

    def test_there_are_none_where_no_token_is_set(self, client):
        assert client.get("/metrics").status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer ", "right", "Basic right", "Bearer richtig-ü"])
    def test_who_does_not_know_the_token_gets_none(self, client, settings, given):
        settings.METRICS_TOKEN = "right"

        answer = client.get("/metrics", headers={"Authorization": given})

        assert (answer.status_code, answer.content) == (401, b"")

    def test_who_knows_it_gets_those_of_an_empty_queue(self, client, settings):
        settings.METRICS_TOKEN = "right"

        answer = client.get("/metrics", headers={"Authorization": "Bearer right", "Host": "10.1.2.3"})

        assert 'chainrule_queue_age_seconds{runtime="cpu"} 0.0' in answer.text
        assert 'chainrule_up{part="database"} 1.0' in answer.text
