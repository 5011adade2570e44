"""The pages for a course's tokens and webhooks; those of another course are not found."""

import pytest
from django.urls import reverse

from server.api.models import ApiToken, TokenScope
from server.api.tokens import find_token, make_token
from server.webhooks.models import Delivery, DeliveryState, Endpoint, Event
from server.webhooks.services import add_endpoint
from tests.support.people import make_course, make_student

URL = "https://lms.example.org/hook"


@pytest.fixture
def visit(client, course, instructor):
    client.force_login(instructor)

    def visit(name, *args, method="get", data=None, **extra):
        return getattr(client, method)(reverse(f"integrations:{name}", args=[course.slug, *args]), data, **extra)

    return visit


@pytest.fixture
def endpoint(course):
    return add_endpoint(course, url=URL, events=["grade.changed"])


def delivery_to(endpoint):
    from django.utils import timezone

    event = Event.objects.create(course=endpoint.course, type="grade.changed", payload={})
    return Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now(), state="failed", tried=9)


def test_a_token_is_shown_once_and_works(visit, course, instructor):
    answer = visit("tokens", method="post", data={"name": "Moodle", "scopes": ["grades:read"], "days": "30"})

    row = ApiToken.objects.get()
    token = answer.context["token"]
    assert (answer.status_code, answer.text.count(token)) == (201, 1)
    assert "no-store" in answer["Cache-Control"]
    assert find_token(token) == row
    assert (row.owner, list(row.courses.all()), row.scopes) == (instructor, [course], ["grades:read"])
    assert row.expires_at is not None
    assert token not in visit("tokens").text


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"name": "x" * 101}, {"days": "999999999999"}]
)
def test_invalid_fields_make_no_token(visit, wrong):
    data = {"name": "Moodle", "scopes": ["grades:read"], "days": "30"} | wrong

    assert visit("tokens", method="post", data=data).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_replaced_token_is_revoked_and_its_scopes_kept(visit, course):
    row, token = make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ])

    fresh = visit("replace", row.pk, method="post").context["token"]

    assert find_token(token) is None
    replaced = find_token(fresh)
    assert (replaced.name, replaced.scopes, list(replaced.courses.all())) == ("Moodle", ["grades:read"], [course])
    assert visit("replace", row.pk, method="post").status_code == 404


def test_a_revoked_token_opens_nothing(visit, course):
    row, token = make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ])
    visit("revoke", row.pk, method="post")

    assert find_token(token) is None
    assert "revoked" in visit("tokens").text


def test_tokens_of_other_courses_and_learners_are_not_found(visit, course):
    elsewhere, _ = make_token("elsewhere", courses=[make_course()], scopes=[TokenScope.GRADES_READ])
    both, _ = make_token("both-courses", courses=[course, make_course()], scopes=[TokenScope.GRADES_READ])
    own, _ = make_token("personal", courses=[course], scopes=[TokenScope.GRADES_READ], learner=make_student(course))

    page = visit("tokens").text
    for row in (elsewhere, both, own):
        assert row.name not in page
        assert visit("revoke", row.pk, method="post").status_code == 404
        assert visit("replace", row.pk, method="post").status_code == 404
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_a_webhook_is_added_and_its_secret_shown_once(visit, course):
    answer = visit("webhooks", method="post", data={"url": URL, "events": ["grade.changed"]})

    row = Endpoint.objects.get()
    assert (answer.status_code, answer.text.count(row.secret)) == (201, 1)
    assert (row.course, row.url, row.events) == (course, URL, ["grade.changed"])
    assert row.secret not in visit("webhooks").text + visit("deliveries", row.pk).text


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "https://u:p@x.org/"]
)
def test_invalid_and_private_webhook_addresses_are_refused(visit, url, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    assert visit("webhooks", method="post", data={"url": url, "events": ["grade.changed"]}).status_code == 422
    assert not Endpoint.objects.exists()


def test_a_new_secret_is_shown_and_the_former_kept(visit, endpoint):
    former = endpoint.secret
    answer = visit("rotate", endpoint.pk, method="post")

    endpoint.refresh_from_db()
    assert endpoint.secret != former == endpoint.former_secret
    assert endpoint.secret in answer.text
    assert former not in answer.text


def test_a_webhook_is_disabled_enabled_and_deleted(visit, endpoint):
    visit("switch", endpoint.pk, method="post")
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    assert "Switched off by" in visit("webhooks").text

    visit("switch", endpoint.pk, method="post")
    endpoint.refresh_from_db()
    assert endpoint.enabled

    visit("delete", endpoint.pk, method="post")
    assert not Endpoint.objects.exists()


def test_a_failed_delivery_is_sent_again(visit, endpoint):
    delivery = delivery_to(endpoint)
    assert "Given up" in visit("deliveries", endpoint.pk).text

    visit("replay", endpoint.pk, delivery.pk, method="post")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.tried) == (DeliveryState.PENDING, 0)


def test_webhooks_of_another_course_are_not_found(visit, endpoint):
    other = add_endpoint(make_course(), url=URL, events=["grade.changed"])
    theirs = delivery_to(other)

    assert visit("deliveries", other.pk).status_code == 404
    for name in ("rotate", "switch", "delete"):
        assert visit(name, other.pk, method="post").status_code == 404
    assert visit("replay", endpoint.pk, theirs.pk, method="post").status_code == 404
    assert Endpoint.objects.filter(pk=other.pk, secret=other.secret, enabled=True).exists()


@pytest.mark.parametrize("name", ["tokens", "webhooks", "deliveries"])
def test_a_longer_list_needs_no_more_queries(visit, course, endpoint, name, django_assert_max_num_queries):
    args = [endpoint.pk] if name == "deliveries" else []
    for number in range(8):
        make_token(f"t{number}", courses=[course], scopes=[TokenScope.GRADES_READ], owner=make_student(course))
        add_endpoint(course, url=f"{URL}/{number}", events=["grade.changed"])
        delivery_to(endpoint)

    visit(name, *args)
    with django_assert_max_num_queries(12):
        visit(name, *args)
