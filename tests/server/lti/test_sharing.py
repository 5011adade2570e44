"""Registrations of one platform share their people only if an administrator confirms it. Others reach nobody."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.messages import get_messages
from django.urls import reverse

from server.lti.members import course_links, rosters, sharing
from server.lti.models import Identity, LmsCourse, Platform
from server.lti.platform import registration
from tests.server.lti.conftest import Browser
from tests.support.lms.builders import make_platform
from tests.support.lms.double import Double
from tests.support.people import graded, make_course, make_member, make_user

pytestmark = pytest.mark.django_db

CHANGES = ("name", "issuer", "client_id", "auth_url", "token_url", "jwks_url")


def register(double, course, *, deployment_id="again", **fields):
    """Register the double's platform again, with another client ID."""
    urls = {f"{name}_url": f"{double.url}/{name}" for name in ("auth", "token", "jwks")}
    platform = Platform(course=course, issuer=double.issuer, **{"client_id": "client-2"} | urls | fields)
    return registration.add(platform, deployment_id=deployment_id, every_course=True)


def launch_again(double, **claims):
    """Launch with the second registration, in a browser of its own."""
    first = double.client_id, double.deployment_id
    double.client_id, double.deployment_id = "client-2", "again"
    try:
        return Browser(double).launch(**claims)
    finally:
        double.client_id, double.deployment_id = first


def users(sub):
    return [one.user for one in Identity.objects.filter(sub=sub).order_by("pk")]


@pytest.fixture
def admin():
    return make_user(is_superuser=True, is_staff=True)


@pytest.fixture
def second(double, platform):
    return register(double, platform.course)


def test_confirmed_registrations_have_one_account_for_each_person(browser, double, platform, second, admin):
    browser.launch()
    sharing.share(second, platform, by=admin)
    launch_again(double)
    launch_again(double, sub="s2")
    browser.launch(sub="s2")

    assert len(set(users("s1"))) == len(set(users("s2"))) == 1


def test_the_roster_of_a_confirmed_registration_doubles_nobody(browser, double, platform, second, admin):
    browser.launch()
    sharing.share(platform, second, by=admin)
    launch_again(double, sub="t1", roles=["Instructor"])
    double.members = [{"user_id": sub, "roles": [role]} for sub, role in (("s1", "Learner"), ("t1", "Instructor"))]
    double.client_id = second.client_id
    rosters.sync(LmsCourse.objects.get(deployment__platform=second))

    assert len(set(users("s1"))) == 1
    assert len(users("s1")) == 2


def test_without_confirmation_each_registration_has_people_of_its_own(browser, double, second):
    browser.launch()
    launch_again(double)

    assert len(set(users("s1"))) == 2


def test_three_registrations_share_as_one(browser, double, platform, second, admin):
    third = register(double, platform.course, client_id="client-3", deployment_id="third")
    sharing.share(third, second, by=admin)
    sharing.share(second, platform, by=admin)

    for one in (platform, second, third):
        assert sharing.others(Platform.objects.get(pk=one.pk)).count() == 2
    sharing.stop_sharing(Platform.objects.get(pk=platform.pk), by=admin)
    assert [sharing.others(Platform.objects.get(pk=one.pk)).count() for one in (platform, second, third)] == [0, 1, 1]


# Attacks


@pytest.fixture
def attacker(double):
    """Somebody who teaches another course, and runs a server that claims to be the same platform."""
    hostile = Double()
    hostile.issuer, hostile.client_id, hostile.deployment_id = double.issuer, "hostile", "1"
    hostile.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    hostile.course = make_course()
    hostile.platform = register(
        hostile, hostile.course, client_id="hostile", deployment_id="1", jwks_url=f"{hostile.url}/jwks"
    )
    yield hostile
    hostile.close()


def test_a_hostile_registration_reaches_no_existing_account(browser, attacker, platform, assignment):
    browser.launch()
    (victim,) = users("s1")
    victim.email, victim.external_id = "ada@school.example", "s1"
    victim.save()
    evil = Browser(attacker)
    evil.launch(sub="s1", roles=["Instructor"], email="ada@school.example", preferred_username=victim.username)

    assert evil.client.get(reverse("session")).json()["user"] != victim.pk
    assert victim.lti_identities.get().platform == platform
    assert evil.client.get(assignment.get_absolute_url()).status_code == 404


def test_an_administrator_cannot_confirm_other_keys(browser, attacker, platform, admin):
    browser.launch()
    with pytest.raises(sharing.SharingRefused, match="keys at different addresses"):
        sharing.share(platform, attacker.platform, by=admin)
    Browser(attacker).launch(sub="s1")

    assert len(set(users("s1"))) == 2


def test_a_platform_of_another_issuer_cannot_be_confirmed(platform, admin):
    other = make_platform(make_course(), issuer="https://other.example", jwks_url=platform.jwks_url)

    with pytest.raises(sharing.SharingRefused, match="different issuers"):
        sharing.share(platform, other, by=admin)


def test_other_keys_after_the_confirmation_reach_nobody(browser, double, attacker, platform, client, admin):
    """A registration with the true keys is confirmed; then its instructor wants to replace the keys."""
    course = make_course()
    second = register(double, course)
    sharing.share(second, platform, by=admin)
    browser.launch()
    launch_again(double)
    assert len(set(users("s1"))) == 1
    client.force_login(make_member(course, "instructor"))
    data = {name: getattr(second, name) for name in CHANGES} | {"jwks_url": f"{attacker.url}/jwks"}
    client.post(reverse("lms:platform", args=[course.slug, second.pk]), data)
    second.refresh_from_db()
    assert second.jwks_url == platform.jwks_url

    # Even if an administrator replaces them: nobody new is found.
    second.jwks_url = f"{attacker.url}/jwks"
    course_links.change(second, changed=["jwks_url"])
    browser.launch(sub="s2")
    launch_again(double, sub="s2", sign=lambda claims: double.signed(claims, key=attacker.key))
    assert not sharing.is_shared(Platform.objects.get(pk=platform.pk))
    assert len(set(users("s2"))) == 2


def test_keys_that_somebody_used_are_changed_by_administrators_only(browser, platform, course, client, admin):
    data = {name: getattr(platform, name) for name in CHANGES}
    client.force_login(make_member(course, "instructor"))
    address = reverse("lms:platform", args=[course.slug, platform.pk])
    browser.launch()
    for person, expected in ((None, platform.jwks_url), (admin, "https://new.example/jwks")):
        if person:
            client.force_login(person)
        client.post(address, data | {"jwks_url": "https://new.example/jwks"})
        platform.refresh_from_db()
        assert platform.jwks_url == expected


@pytest.mark.parametrize("name", ["share", "stop-sharing"])
def test_only_administrators_confirm_platforms(client, course, platform, second, name):
    client.force_login(make_member(course, "instructor"))
    answer = client.post(reverse(f"lms:{name}", args=[course.slug, second.pk]), {"other": platform.pk})

    assert answer.status_code == 403
    assert not sharing.is_shared(platform)


# Pages


def test_an_administrator_confirms_on_the_page(client, course, platform, second, admin):
    client.force_login(admin)
    links = reverse("lms:links", args=[course.slug])
    assert "They are one platform" in client.get(links).text
    client.post(reverse("lms:share", args=[course.slug, second.pk]), {"other": platform.pk})
    page = client.get(links).text

    assert "They are one platform" not in page
    assert "Shares its people with" in page
    client.post(reverse("lms:stop-sharing", args=[course.slug, second.pk]))
    assert not sharing.is_shared(Platform.objects.get(pk=platform.pk))


def test_a_refused_confirmation_says_why(client, course, platform, second, admin):
    Platform.objects.filter(pk=second.pk).update(jwks_url="https://evil.example/jwks")
    client.force_login(admin)
    answer = client.post(reverse("lms:share", args=[course.slug, second.pk]), {"other": platform.pk})

    assert "different addresses" in str(next(iter(get_messages(answer.wsgi_request))))


def test_an_instructor_is_sent_to_an_administrator(client, course, platform, second):
    client.force_login(make_member(course, "instructor"))
    page = client.get(reverse("lms:links", args=[course.slug])).text

    assert "ask an administrator to confirm it" in page
    assert "They are one platform" not in page


def test_people_who_were_doubled_before_are_merged(
    browser, double, platform, second, client, course, assignment, admin
):
    browser.launch(exercise=assignment.slug)
    graded(users("s1")[0], assignment, 7)
    launch_again(double, exercise=assignment.slug)
    sharing.share(second, platform, by=admin)
    kept, gone = users("s1")
    preview = reverse("merging:preview", args=[course.slug, kept.pk, gone.pk])
    client.force_login(admin)
    assert preview in client.get(reverse("lms:links", args=[course.slug])).text
    plan = client.get(preview).context["plan"]
    client.post(reverse("merging:confirm", args=[course.slug, kept.pk, gone.pk]), {"fingerprint": plan.fingerprint})

    assert users("s1") == [kept, kept]
    assert sharing.doubled(second) == []
    launch_again(double)
    assert users("s1") == [kept, kept]


def test_a_merged_account_is_found_by_the_other_registration(browser, double, platform, second, admin):
    browser.launch()
    (gone,) = users("s1")
    kept = make_user()
    Identity.objects.update(user=kept)
    type(gone).objects.filter(pk=gone.pk).update(merged_into=kept, is_active=False)
    sharing.share(second, platform, by=admin)
    launch_again(double)

    assert users("s1") == [kept, kept]
