import re
from html import unescape

import jwt
import pytest

from server.lti.platform import claims as c
from server.lti.platform import keys
from tests.support.people import make_assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(browser, double):
    """Launch the page on which an instructor picks exercises; return the response."""

    def ask(*, roles=("Instructor",), **said):
        settings = {"deep_link_return_url": f"{double.url}/back?x=1", "data": "secret & data", "accept_multiple": True}
        settings |= {"accept_types": ["ltiResourceLink", "link"]} | said
        more = {c.MESSAGE_TYPE: c.DEEP_LINK_MESSAGE, c.DL_SETTINGS: settings, c.RESOURCE_LINK: None}
        return browser.launch(roles=roles, sub="t1", **more)

    return ask


def token_in(page):
    return unescape(re.search(r'name="JWT" value="([^"]+)"', page.content.decode())[1])


def answer_in(page):
    token = token_in(page)
    public = {key["kid"]: jwt.PyJWK(key).key for key in keys.key_set()["keys"]}
    key = public[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})


def test_picked_exercises_go_back_with_slug_and_true_maximum(ask, browser, assignment, double, platform):
    other = make_assignment(assignment.course, slug="gradients/cube", points=40)
    address = ask()["Location"]
    assert browser.client.get(address).status_code == 200
    page = browser.client.post(address, {"assignments": [assignment.pk, other.pk]})
    said = answer_in(page)

    assert (said["iss"], said["aud"]) == (platform.client_id, platform.issuer)
    assert said[c.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert said[c.DEPLOYMENT_ID] == double.deployment_id
    assert said[c.DL_DATA] == "secret & data"
    items = {item["custom"]["exercise"]: item for item in said[c.DL_ITEMS]}
    assert {slug: item["lineItem"]["scoreMaximum"] for slug, item in items.items()} == {
        assignment.slug: 100,
        other.slug: 40,
    }
    assert all(item["url"] == "http://127.0.0.1:8000/lti/launch" for item in items.values())


def test_the_answer_may_be_posted_to_the_platform_and_nowhere_else(ask, browser, assignment, double):
    page = browser.client.post(ask()["Location"], {"assignments": assignment.pk})

    assert f'action="{double.url}/back?x=1"' in page.content.decode()
    assert f"form-action {double.url}" in page["Content-Security-Policy"].split("; ")


def test_a_platform_that_takes_one_gets_one(ask, browser, assignment):
    other = make_assignment(assignment.course, slug="gradients/cube")
    address = ask(accept_multiple=False)["Location"]
    page = browser.client.post(address, {"assignments": [assignment.pk, other.pk]})

    assert len(answer_in(page)[c.DL_ITEMS]) == 1


@pytest.mark.parametrize("fields", [{}, {"assignments": "nonsense"}, {"assignments": "999999"}])
def test_picking_nothing_that_is_there_is_asked_again(ask, browser, fields):
    assert browser.client.post(ask()["Location"], fields).status_code == 422


def test_another_courses_exercise_cannot_be_picked(ask, browser):
    assert browser.client.post(ask()["Location"], {"assignments": make_assignment().pk}).status_code == 422


def test_a_selection_is_answered_once_and_by_its_owner(ask, browser, assignment, client, student):
    address = ask()["Location"]
    client.force_login(student)
    assert client.get(address).status_code == 404
    assert browser.client.post(address, {"assignments": assignment.pk}).status_code == 200

    assert browser.client.post(address, {"assignments": assignment.pk}).status_code == 404


def test_a_student_picks_nothing(ask):
    response = ask(roles=["Learner"])

    assert response.status_code == 403
    assert "Only instructors" in response.content.decode()


@pytest.mark.parametrize(
    "said",
    [{"deep_link_return_url": "javascript:alert(1)"}, {"deep_link_return_url": None}, {"accept_types": ["html"]}],
)
def test_a_request_that_makes_no_sense_is_a_friendly_page(ask, said):
    assert ask(**said).status_code == 400


def test_without_columns_wanted_there_are_none(ask, browser, assignment):
    page = browser.client.post(ask(accept_lineitem=False)["Location"], {"assignments": assignment.pk})

    assert "lineItem" not in answer_in(page)[c.DL_ITEMS][0]
