"""Every page with a form, as it is read out: labels, help, required fields, errors (WCAG 1.3.1), autocomplete (1.3.5).

The pages are those of the table of addresses, so a new page with a form is looked at, too.
"""

import pytest
from django.db import transaction
from django.forms import BaseForm
from django.test import Client

from tests.server.test_addresses import ADDRESSES, ANYBODY, COURSE, ONESELF, ONLY_MINE, address_of, body
from tests.server.test_addresses import people as people  # noqa: PLC0414 fixtures
from tests.server.test_addresses import things as things  # noqa: PLC0414 fixtures
from tests.support.forms import Page, troubles, unmarked
from tests.support.people import make_member

# These end the session.
LEAVES = {"account_logout", "sign-out-everywhere"}


@pytest.fixture
def administrator(course):
    return make_member(course, "instructor", is_superuser=True, is_staff=True, username="root", email="root@x.example")


def pages_of(client, names, things):
    """Yield (name, way, page, Django's forms) of every page that a person gets, and of each form sent empty."""
    for name in names:
        address = address_of(name, things)
        if (answer := client.get(address)).status_code == 405 or (page := page_of(answer)) is None:
            continue
        yield name, "get", page, forms_in(answer)
        if any(one.tag == "form" for one in page.elements):
            with transaction.atomic():
                answer = client.post(address, {})
                if (page := page_of(answer)) is not None:
                    yield name, "post", page, forms_in(answer)
                transaction.set_rollback(True)


def page_of(answer):
    """A whole page; None for parts of pages and for everything else."""
    html = body(answer) if answer.headers.get("Content-Type", "").startswith("text/html") else ""
    return Page(html) if "<html" in html else None


def forms_in(answer):
    flat = (value for context in answer.context or [] for layer in context.dicts for value in layer.values())
    return {id(one): one for one in flat if isinstance(one, BaseForm)}.values()


def wrong_in(pages):
    seen, wrong = 0, {}
    for name, way, page, forms in pages:
        seen += bool(page.controls)
        if found := [*troubles(page), *unmarked(page, forms)]:
            wrong[name, way] = found
    return seen, wrong


def signed_in(person):
    client = Client()
    if person is not None:
        person.set_password("secret")
        person.save()
        # A real sign-in: pages that change the account ask how long ago it was.
        client.post("/accounts/login/", {"login": person.username, "password": "secret"})
    return client


# An administrator opens every page but those of a learner and those for people who are not signed in.
SEEN = {
    "anonymous": lambda answers: answers is ANYBODY,
    "owner": lambda answers: answers in (ONLY_MINE, COURSE, ONESELF),
    "administrator": lambda answers: answers not in (ONLY_MINE, COURSE, ANYBODY),
}


@pytest.mark.parametrize(("who", "at_least"), [("anonymous", 5), ("owner", 8), ("administrator", 30)])
def test_every_form_can_be_read_out(people, administrator, things, who, at_least):
    client = signed_in((people | {"administrator": administrator})[who])
    names = [name for name, (answers, *_) in ADDRESSES.items() if SEEN[who](answers) and name not in LEAVES]

    seen, wrong = wrong_in(pages_of(client, names, things))

    assert wrong == {}
    assert seen >= at_least


def test_errors_are_linked_to_their_fields(client, administrator, course):
    client.force_login(administrator)
    page = Page(client.post(f"/courses/{course.slug}/teach/people/sections/", {"name": ""}).text)
    named = next(one for one in page.controls if one.attrs.get("name") == "name")

    assert named.attrs["aria-describedby"] == "id_name_error"
    assert "required" in page.by_id("id_name_error").all_text
    assert troubles(page) == []


def test_the_sign_in_offers_the_stored_user_name(client, db):
    login = next(one for one in Page(client.get("/accounts/login/").text).controls if one.attrs["name"] == "login")

    assert login.attrs["autocomplete"] == "username"


@pytest.mark.parametrize(
    ("html", "wrong"),
    [
        ('<p id="a"></p><p id="a"></p>', "2 times"),
        ('<input name="x" aria-label="X" aria-describedby="nothing">', "no such id"),
        ('<label for="nothing">X</label>', "no such id"),
        ('<input name="x">', "no label"),
        ('<div class="field"><label for="x">X</label><input id="x" required></div>', "no text says so"),
        ('<input aria-label="X" aria-invalid="true">', "no error is linked"),
        ('<input aria-label="X" name="email" autocomplete="username">', "instead of"),
    ],
)
def test_the_reader_finds_each_kind_of_fault(html, wrong):
    assert [wrong in one for one in troubles(Page(html))] == [True]
