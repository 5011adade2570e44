"""Requests sent twice: a lost answer, another body, fifty at once, and a process that died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from server.api.idempotency import KEPT_FOR, WORKING, delete_old_answers
from server.api.models import KeptAnswer
from server.courses.models import Enrollment
from server.submissions.models import Submission
from tests.server.api.conftest import problem

KEY = {"idempotency_key": "attempt-1"}


@pytest.mark.django_db
def test_a_repeated_request_gets_the_same_answer_and_one_submission(call, body):
    first = call.post("/submissions", body, **KEY)
    second = call.post("/submissions", body, **KEY)

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(call, body):
    call.post("/submissions", body, **KEY)

    data = problem(call.post("/submissions", body | {"source": "y = 2\n"}, **KEY))

    assert (data["status"], data["code"]) == (422, "key-reused")
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_a_key_belongs_to_its_token(call, call_with, body):
    call.post("/submissions", body, **KEY)
    call_with().post("/submissions", body, **KEY)

    assert Submission.objects.count() == 2


@pytest.mark.django_db
def test_a_refused_request_frees_its_key(call, body, assignment):
    assignment.closes_at = timezone.now() - timedelta(minutes=1)
    assignment.save()
    assert problem(call.post("/submissions", body, **KEY))["code"] == "closed"

    assignment.closes_at = None
    assignment.save()

    assert call.post("/submissions", body, **KEY).status_code == 202


def claim(call, body, age):
    """Leave the key claimed by a request that has no answer yet, as old as `age`."""
    call.post("/submissions", body, **KEY)
    Submission.objects.all().delete()
    KeptAnswer.objects.update(status=None, claimed_at=timezone.now() - age)


@pytest.mark.django_db
def test_a_request_in_flight_gives_409_with_retry_after(call, body):
    claim(call, body, timedelta(seconds=1))

    response = call.post("/submissions", body, **KEY)

    assert problem(response)["code"] == "in-flight"
    assert response["Retry-After"] == "1"
    assert Submission.objects.count() == 0


@pytest.mark.django_db
def test_a_claim_of_a_dead_process_is_taken_over(call, body):
    claim(call, body, WORKING + timedelta(seconds=1))

    assert call.post("/submissions", body, **KEY).status_code == 202
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_free_again_after_a_day(call, body):
    call.post("/submissions", body, **KEY)
    KeptAnswer.objects.update(claimed_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))

    assert "Idempotent-Replayed" not in call.post("/submissions", body, **KEY)
    assert Submission.objects.count() == 2


@pytest.mark.django_db
def test_answers_older_than_a_day_are_deleted(call, body):
    call.post("/submissions", body, **KEY)
    call.post("/submissions", body, idempotency_key="new")
    KeptAnswer.objects.filter(key="attempt-1").update(claimed_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))

    assert delete_old_answers() == 1
    assert KeptAnswer.objects.get().key == "new"


@pytest.mark.django_db
def test_other_posts_take_a_key_too(call, assignment):
    body = {"external_id": "s1", "name": "Ada", "role": "student"}
    path = f"/courses/{assignment.course.slug}/enrollments"

    assert [call.post(path, body, **KEY).status_code for _ in range(2)] == [201, 201]
    assert Enrollment.objects.filter(user__external_id="s1").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "schlüssel"])
def test_an_invalid_key_is_refused(call, body, key):
    assert problem(call.post("/submissions", body, idempotency_key=key))["errors"][0]["pointer"].startswith("/header")


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_posts_with_one_key_make_one_submission(call, body):
    def post(_):
        try:
            return call.post("/submissions", body, **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
    assert Submission.objects.count() == 1
