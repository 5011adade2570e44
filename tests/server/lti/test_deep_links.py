import re
from html import unescape

import jwt
import pytest

from server.lti.platform import claims as c
from server.lti.platform import keys
from tests.support.people import make_assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def start_picking(browser, double):
    """Launch a deep link request; the response redirects to the page with the exercises to pick."""

    def start_picking(*, roles=("Instructor",), **more_settings):
        settings = {"deep_link_return_url": f"{double.url}/back?x=1", "data": "secret & data", "accept_multiple": True}
        settings |= {"accept_types": ["ltiResourceLink", "link"]} | more_settings
        more = {c.MESSAGE_TYPE: c.DEEP_LINK_MESSAGE, c.DL_SETTINGS: settings, c.RESOURCE_LINK: None}
        return browser.launch(roles=roles, sub="t1", **more)

    return start_picking


def token_in(page):
    return unescape(re.search(r'name="JWT" value="([^"]+)"', page.content.decode())[1])


def answer_in(page):
    token = token_in(page)
    public = {key["kid"]: jwt.PyJWK(key).key for key in keys.key_set()["keys"]}
    key = public[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})


def test_the_response_has_slug_and_maximum_of_each_exercise(start_picking, browser, assignment, double, platform):
    other = make_assignment(assignment.course, slug="gradients/cube", points=40)
    address = start_picking()["Location"]
    assert browser.client.get(address).status_code == 200
    page = browser.client.post(address, {"assignments": [assignment.pk, other.pk]})
    claims = answer_in(page)

    assert (claims["iss"], claims["aud"]) == (platform.client_id, platform.issuer)
    assert claims[c.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert claims[c.DEPLOYMENT_ID] == double.deployment_id
    assert claims[c.DL_DATA] == "secret & data"
    items = {item["custom"]["exercise"]: item for item in claims[c.DL_ITEMS]}
    assert {slug: item["lineItem"]["scoreMaximum"] for slug, item in items.items()} == {
        assignment.slug: 100,
        other.slug: 40,
    }
    assert all(item["url"] == "http://127.0.0.1:8000/lti/launch" for item in items.values())


def test_the_response_can_be_posted_only_to_the_platform(start_picking, browser, assignment, double):
    page = browser.client.post(start_picking()["Location"], {"assignments": assignment.pk})

    assert f'action="{double.url}/back?x=1"' in page.content.decode()
    assert f"form-action {double.url}" in page["Content-Security-Policy"].split("; ")


def test_a_platform_that_accepts_one_item_gets_one(start_picking, browser, assignment):
    other = make_assignment(assignment.course, slug="gradients/cube")
    address = start_picking(accept_multiple=False)["Location"]
    page = browser.client.post(address, {"assignments": [assignment.pk, other.pk]})

    assert len(answer_in(page)[c.DL_ITEMS]) == 1


@pytest.mark.parametrize("fields", [{}, {"assignments": "nonsense"}, {"assignments": "999999"}])
def test_an_invalid_choice_gives_422(start_picking, browser, fields):
    assert browser.client.post(start_picking()["Location"], fields).status_code == 422


def test_another_courses_exercise_cannot_be_picked(start_picking, browser):
    assert browser.client.post(start_picking()["Location"], {"assignments": make_assignment().pk}).status_code == 422


def test_a_selection_is_answered_once_and_by_its_owner(start_picking, browser, assignment, client, student):
    address = start_picking()["Location"]
    client.force_login(student)
    assert client.get(address).status_code == 404
    assert browser.client.post(address, {"assignments": assignment.pk}).status_code == 200

    assert browser.client.post(address, {"assignments": assignment.pk}).status_code == 404


def test_a_student_cannot_pick_exercises(start_picking):
    response = start_picking(roles=["Learner"])

    assert response.status_code == 403
    assert "Only instructors" in response.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"deep_link_return_url": "javascript:alert(1)"}, {"deep_link_return_url": None}, {"accept_types": ["html"]}],
)
def test_an_invalid_request_gives_400(start_picking, wrong):
    assert start_picking(**wrong).status_code == 400


def test_items_have_no_column_if_the_platform_wants_none(start_picking, browser, assignment):
    page = browser.client.post(start_picking(accept_lineitem=False)["Location"], {"assignments": assignment.pk})

    assert "lineItem" not in answer_in(page)[c.DL_ITEMS][0]
