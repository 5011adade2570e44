import pytest
from django.urls import reverse

from server.drafts.models import Draft
from tests.support.people import make_assignment, make_student


def address(assignment, name="drafts:save"):
    return reverse(name, args=[assignment.course.slug, assignment.slug])


@pytest.fixture
def at(client, student):
    client.force_login(student)
    return client


def test_a_draft_survives_a_reload(at, assignment):
    answer = at.post(address(assignment), {"source": "half = 1\r\n", "version": 0})

    assert answer.json() == {"version": 1, "other": None}
    assert "half = 1" in at.get(address(assignment, "submissions:exercise")).text


def test_a_second_tab_is_told_what_it_replaced(at, assignment):
    at.post(address(assignment), {"source": "first", "version": 0})

    answer = at.post(address(assignment), {"source": "second", "version": 0}).json()

    assert (answer["version"], answer["other"]["source"]) == (2, "first")
    page = at.get(address(assignment, "submissions:exercise")).text
    assert ">first</pre>" in page


@pytest.mark.parametrize(
    "sent",
    [
        {"source": "x", "version": -1},
        {"source": "x", "version": "later"},
        {"source": "x", "version": 2**40},
        {"source": "x"},
        {"source": "x\0", "version": 0},
        {"source": "x" * 300_000, "version": 0},
    ],
)
def test_what_is_no_draft_is_refused_in_words(at, assignment, sent):
    answer = at.post(address(assignment), sent)

    assert answer.status_code == 422
    assert answer.json()["complaint"]
    assert not Draft.objects.exists()


def test_a_draft_is_text_on_the_page_and_nothing_else(at, assignment):
    attack = "</textarea></pre><script>alert(1)</script>"
    at.post(address(assignment), {"source": attack, "version": 0})
    at.post(address(assignment), {"source": f"{attack} again", "version": 0})

    assert attack not in at.get(address(assignment, "submissions:exercise")).text


def test_nobody_sees_anothers_draft(client, at, assignment):
    at.post(address(assignment), {"source": "precious", "version": 0})
    client.force_login(make_student(assignment.course))

    assert "precious" not in client.get(address(assignment, "submissions:exercise")).text


def test_a_draft_for_another_course_does_not_exist(at):
    assert at.post(address(make_assignment()), {"source": "x", "version": 0}).status_code == 404


def test_a_stranger_is_asked_to_sign_in(client, assignment):
    answer = client.post(address(assignment), {"source": "x", "version": 0})

    assert answer.status_code == 401
    assert "/accounts/login/" in answer.text


def test_saving_costs_few_queries(at, assignment, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        at.post(address(assignment), {"source": "x", "version": 0})
