"""The administration pages of every table, beside a course of 3,000 people: small, quick, and nothing dangerous."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from server.accounts.models import User
from server.audit.models import AuditAction, AuditEntry, Origin
from server.common.admin_pages import MOST_COUNTED, BoundedPaginator
from server.courses.models import Enrollment
from tests.support.forms import Page
from tests.support.people import make_assignment, make_course, make_user

PEOPLE = 3_000
MOST_FIELDS, MOST_OPTIONS, MOST_QUERIES = 120, 100, 15

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(course, administrator):
    """A course with 3,000 people, each with an e-mail address and an entry in the audit log."""
    from allauth.account.models import EmailAddress

    made = [User(username=f"person{n}", email=f"person{n}@example.org", password="!") for n in range(PEOPLE)]
    people = User.objects.bulk_create(made)
    Enrollment.objects.bulk_create(Enrollment(course=course, user=one) for one in people)
    EmailAddress.objects.bulk_create(EmailAddress(user=one, email=one.email, primary=True) for one in people)
    entry = {"origin": Origin.PAGE, "area": "people", "action": AuditAction.ENROLLED, "course": course}
    QuerySet(AuditEntry).bulk_create(AuditEntry(about=one, by=administrator, **entry) for one in people)
    for number in range(30):
        make_assignment(course, slug=f"gradients/extra-{number}", position=number)
        make_course()
    return course


def registered():
    # Django and others register their models when the addresses are loaded.
    reverse("admin:index")
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def pages_of(model):
    place = f"{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"admin:{place}_changelist")
    yield reverse(f"admin:{place}_changelist") + "?q=person17"
    yield reverse(f"admin:{place}_changelist") + "?p=40"
    yield reverse(f"admin:{place}_change", args=[model._default_manager.order_by("-pk").first().pk])


def test_every_page_of_every_table_is_small_and_quick(client, large):
    wrong = {}
    for model in registered():
        for address in pages_of(model):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = client.get(address)
            page = Page(answer.text)
            options = sum(one.tag == "option" for one in page.elements)
            found = (answer.status_code, len(page.controls), options, len(queries))
            if found[0] != 200 or found[1] > MOST_FIELDS or options > MOST_OPTIONS or found[3] > MOST_QUERIES:
                wrong[address] = found

    assert wrong == {}
    assert len(registered()) >= 5


def test_a_member_of_a_large_course_can_be_added(client, large):
    newcomer = make_user()
    page = client.get(reverse("admin:courses_enrollment_add"))
    answer = client.post(page.request["PATH_INFO"], {"user": newcomer.pk, "course": large.pk, "role": "student"})

    assert answer.status_code == 302, answer.text[:2000]
    assert large.enrollments.filter(user=newcomer).exists()


def test_no_list_counts_a_whole_table(large):
    with CaptureQueriesContext(connection) as queries:
        count = BoundedPaginator(User.objects.order_by("username"), 50).count

    assert count == User.objects.count()
    assert f"LIMIT {MOST_COUNTED}" in queries[-1]["sql"]


def test_nothing_with_a_service_of_its_own_can_be_deleted(client, large):
    places = ["accounts_user", "courses_enrollment", "gradebook_assignment", "account_emailaddress", "audit_auditentry"]
    for place in places:
        app, _, name = place.partition("_")
        model = next(one for one in registered() if one._meta.label_lower == f"{app}.{name}")
        row = model._default_manager.first()
        before = model._default_manager.count()
        assert client.post(reverse(f"admin:{place}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        client.post(
            reverse(f"admin:{place}_changelist"),
            {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
        )
        assert model._default_manager.count() == before
    course = reverse("admin:courses_course_delete", args=[large.pk])
    assert client.post(course, {"post": "yes"}).status_code == 403


def test_an_empty_course_can_be_deleted(client, administrator):
    course = make_course()
    client.post(reverse("admin:courses_course_delete", args=[course.pk]), {"post": "yes"})

    assert not type(course).objects.filter(pk=course.pk).exists()


def test_the_form_of_a_user_gives_no_rights(client, administrator):
    user = make_user()
    address = reverse("admin:accounts_user_change", args=[user.pk])
    rights = {"is_superuser": "on", "is_staff": "on", "is_active": "", "groups": [], "email": "other@example.org"}
    answer = client.post(address, {"username": user.username, "external_id": "s-17"} | rights)
    user.refresh_from_db()

    assert answer.status_code == 302
    assert (user.external_id, user.is_superuser, user.is_staff, user.is_active) == ("s-17", False, False, True)
    assert user.email == ""


def test_staff_without_all_rights_cannot_open_the_tables(client, db):
    client.force_login(make_user(is_staff=True))

    assert client.get("/admin/", follow=True).status_code == 403


def test_secrets_of_second_factors_have_no_page(client, administrator):
    reverse("admin:index")

    assert "mfa.Authenticator" not in {model._meta.label for model in admin.site._registry}
    assert not admin.site.is_registered(Group)
