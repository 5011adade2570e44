"""Requests of pages that are older than their session, without a browser's scripts."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.fixture
def strict():
    """A browser that keeps cookies and whose tokens are checked."""
    return Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})


@pytest.fixture
def exercise(assignment):
    return assignment.get_absolute_url()


def submit(client, exercise, **headers):
    return client.post(f"{exercise}submit", {"source": "kept = '<1>'"}, headers=headers)


def test_a_script_gets_a_status_and_no_page(client, exercise):
    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}, {"Accept": "text/event-stream"}):
        answer = submit(client, exercise, **headers)
        assert answer.status_code == 401
        assert answer.content == b"You have been signed out."


def test_a_form_without_scripts_shows_the_code_again(client, exercise):
    answer = submit(client, exercise, Referer=f"http://testserver{exercise}?starter")

    assert answer.status_code == 401
    page = answer.content.decode()
    assert "kept = &#x27;&lt;1&gt;&#x27;" in page
    assert f"/accounts/login/?next={exercise.replace('/', '%2F')}%3Fstarter" in page


def test_a_form_without_code_leads_back_to_its_page(client, course):
    page = reverse("dashboard:assignments", args=[course.slug])

    answer = client.post(reverse("regrades:new", args=[course.slug]), headers={"Referer": f"http://testserver{page}"})

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={page.replace('/', '%2F')}"


def test_another_site_does_not_choose_where_to_go(client, exercise):
    answer = submit(client, exercise, Referer="https://evil.example/courses/")

    assert "next=%2F&quot;" in answer.content.decode() or 'next=%2F"' in answer.content.decode()


@pytest.mark.parametrize("action", ["submit", "check"])
def test_the_address_of_a_form_leads_to_the_exercise(client, exercise, student, action):
    client.force_login(student)

    assert client.get(f"{exercise}{action}")["Location"] == exercise


def test_an_old_token_is_explained_in_our_words(strict, exercise, student):
    strict.force_login(student)

    page = submit(strict, exercise, Referer=f"http://testserver{exercise}")
    script = submit(strict, exercise, **{"HX-Request": "true"})

    assert (page.status_code, script.status_code) == (403, 403)
    assert "This page was too old" in page.content.decode()
    assert "kept = " in page.content.decode()
    assert "DEBUG" not in page.content.decode() + script.content.decode()


def test_an_old_sign_in_form_gives_a_fresh_one(strict):
    answer = strict.post("/accounts/login/", {"login": "a", "password": "b", "next": "/lessons/?a=1"})

    assert answer["Location"] == "/accounts/login/?next=%2Flessons%2F%3Fa%3D1&again=1"
    assert "Please sign in again" in strict.get(answer["Location"]).content.decode()
    evil = strict.post("/accounts/login/", {"next": "https://evil.example/"})
    assert evil["Location"].startswith("/accounts/login/?next=%2F&")


def test_the_session_tells_who_is_signed_in(strict, exercise, student):
    assert strict.get("/accounts/session").json()["user"] is None
    strict.force_login(student)

    now = strict.get("/accounts/session").json()

    assert now["user"] == student.pk
    assert now["name"] == student.username
    assert submit(strict, exercise, **{"X-CSRFToken": now["token"]}).status_code == 302
