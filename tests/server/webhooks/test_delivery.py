"""Deliveries: signed, retried, given up, and sent again by hand."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook

from server.celery import app
from server.outbox.retries import JITTER, LONGEST_WAIT, WAITS, wait_before_next
from server.webhooks import services, tasks
from server.webhooks.delivery import deliver, due
from server.webhooks.http_client import post
from server.webhooks.models import Delivery, DeliveryState, Endpoint, Event, EventType
from tests.support.mail import delivered
from tests.support.people import make_member, make_submission, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(assignment, endpoint):
    event = Event.objects.create(
        course=assignment.course, type=EventType.GRADE_CHANGED, payload={"type": "grade.changed"}
    )
    return Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now())


@contextmanager
def eager_tasks():
    app.conf.task_always_eager = True
    try:
        yield
    finally:
        app.conf.task_always_eager = False


def try_now(delivery):
    """Make the next try now, as if it were due."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    state = deliver(delivery.pk)
    delivery.refresh_from_db()
    return state


def test_a_delivery_verifies_with_the_published_package(delivery, receiver):
    assert deliver(delivery.pk) == DeliveryState.DELIVERED

    headers, body = receiver.requests[0]
    assert Webhook(delivery.endpoint.secret).verify(body, {name.lower(): value for name, value in headers.items()})
    assert headers["Content-Type"] == "application/json"
    assert [one.status for one in delivery.tries.all()] == [204]


def test_while_rotating_both_secrets_verify(delivery, receiver):
    former = delivery.endpoint.secret
    services.rotate(delivery.endpoint)
    deliver(delivery.pk)

    headers, body = receiver.requests[0]
    headers = {name.lower(): value for name, value in headers.items()}
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (former, delivery.endpoint.secret):
        Webhook(secret).verify(body, headers)


def test_the_former_secret_stops_signing_after_a_day(endpoint):
    services.rotate(endpoint)

    assert len(endpoint.secrets(timezone.now())) == 2
    assert endpoint.secrets(timezone.now() + timedelta(hours=25)) == [endpoint.secret]


def test_every_try_has_the_same_id(delivery, receiver):
    receiver.answers_with(500, 204)
    try_now(delivery)
    try_now(delivery)

    assert {headers["webhook-id"] for headers, _ in receiver.requests} == {delivery.event.webhook_id}
    assert [one.status for one in delivery.tries.all()] == [500, 204]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_a_redirect_or_an_error_is_retried(delivery, receiver, status):
    receiver.answers_with((status, {"Location": receiver.url}))

    assert deliver(delivery.pk) == DeliveryState.PENDING
    delivery.refresh_from_db()
    assert delivery.due_at > timezone.now()
    assert len(receiver.requests) == 1


def test_a_410_disables_the_endpoint(delivery, receiver):
    receiver.answers_with(410)

    assert deliver(delivery.pk) == DeliveryState.FAILED
    assert not Endpoint.objects.get().enabled


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_of_a_busy_receiver_is_used(delivery, receiver, status):
    receiver.answers_with((status, {"Retry-After": "3600"}))
    deliver(delivery.pk)
    delivery.refresh_from_db()

    assert delivery.due_at - timezone.now() > timedelta(seconds=3_500)


def test_retry_after_is_capped_at_a_day():
    assert wait_before_next(1, status=503, retry_after=10**9) == LONGEST_WAIT


def test_waits_grow_to_a_day_with_random_jitter():
    for tried, base in enumerate(WAITS, 1):
        assert base <= wait_before_next(tried, status=500, retry_after=None) <= base * (1 + JITTER)
    assert (WAITS[0], WAITS[-1]) == (5, 86_400)
    assert len({wait_before_next(9, status=500, retry_after=None) for _ in range(20)}) > 1


def test_the_last_failure_disables_the_endpoint_and_sends_mail(
    delivery, receiver, assignment, django_capture_on_commit_callbacks
):
    make_member(assignment.course, "instructor", email="prof@example.org")
    receiver.answers_with(*[500] * (len(WAITS) + 1))

    with django_capture_on_commit_callbacks(execute=True):
        states = [try_now(delivery) for _ in range(len(WAITS) + 1)]

    assert states[-2:] == [DeliveryState.PENDING, DeliveryState.FAILED]
    assert not Endpoint.objects.get().enabled
    assert "it answered 500" in Endpoint.objects.get().disabled_because
    assert [message.to for message in delivered()] == [["prof@example.org"]]


def test_a_refused_connection_is_stored_as_the_error(delivery, receiver):
    delivery.endpoint.url = "http://127.0.0.1:1/"
    delivery.endpoint.save()

    assert deliver(delivery.pk) == DeliveryState.PENDING
    assert "ConnectionRefusedError" in delivery.tries.get().error


def test_a_private_address_gets_nothing(delivery, receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    assert deliver(delivery.pk) == DeliveryState.PENDING
    assert receiver.requests == []
    assert "https" in delivery.tries.get().error


def test_a_silent_receiver_times_out(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE, settings.WEBHOOKS_TIMEOUT = True, 0.1
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})

    assert answer.status is None
    assert "imed out" in answer.error


def test_a_slow_answer_is_cut_off(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE, settings.WEBHOOKS_TIMEOUT = True, 0.3
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(_drip, server)
        answer = post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})

    assert answer.status is None
    assert sent.result() < 10_000


def _drip(server):
    """Send headers without end; return how many were sent before the other side disconnected."""
    caller, _ = server.accept()
    caller.settimeout(0.1)
    with caller:
        caller.sendall(b"HTTP/1.1 200 OK\r\n")
        for count in range(10_000):
            try:
                if caller.recv(1_000) == b"":
                    return count
            except TimeoutError:
                caller.sendall(b"X: y\r\n")
    return 10_000


@pytest.mark.parametrize("text", ["soon", "-5", "²"])
def test_an_invalid_retry_after_is_ignored(delivery, receiver, text):
    receiver.answers_with((503, {"Retry-After": text.encode("latin-1", "replace").decode("latin-1")}))

    assert deliver(delivery.pk) == DeliveryState.PENDING


def test_waiting_deliveries_are_sent_after_enabling_the_endpoint(delivery, receiver):
    services.disable(delivery.endpoint, because="On request.")
    assert deliver(delivery.pk) is None
    assert due() == []

    services.enable(delivery.endpoint)

    assert due() == [delivery.pk]
    assert deliver(delivery.pk) == DeliveryState.DELIVERED


def test_a_replay_is_sent_with_the_same_id(delivery, receiver):
    deliver(delivery.pk)
    delivery.refresh_from_db()
    services.replay(delivery)

    assert deliver(delivery.pk) == DeliveryState.DELIVERED
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 2


def test_delivered_and_future_deliveries_are_not_sent(delivery, receiver):
    deliver(delivery.pk)
    assert deliver(delivery.pk) is None
    Delivery.objects.update(state=DeliveryState.PENDING, due_at=timezone.now() + timedelta(hours=1))

    assert deliver(delivery.pk) is None
    assert len(receiver.requests) == 1


def test_a_grade_sends_its_deliveries_after_the_commit(
    endpoint, receiver, student, assignment, django_capture_on_commit_callbacks
):
    submission = make_submission(student, assignment)
    with eager_tasks(), django_capture_on_commit_callbacks(execute=True):
        record(submission)
        assert receiver.requests == []

    assert len(receiver.requests) == 2


def test_the_periodic_task_sends_deliveries_of_lost_messages(delivery, receiver):
    with eager_tasks():
        tasks.publish_due()

    assert len(receiver.requests) == 1


def test_old_events_are_deleted_with_their_deliveries(delivery, receiver):
    Event.objects.update(created_at=timezone.now() - timedelta(days=31))
    tasks.delete_old_events()

    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_try(delivery, receiver):
    def work(_):
        try:
            return deliver(delivery.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(work, range(4)))

    assert sorted(map(str, states)) == ["None", "None", "None", "delivered"]
    assert len(receiver.requests) == 1
