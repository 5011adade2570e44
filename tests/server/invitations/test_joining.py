from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.courses import services as membership
from server.courses.models import Enrollment, Role
from server.invitations import services
from server.invitations.models import Invitation
from tests.support.people import make_course, make_member, make_student, make_user

JOIN = reverse("invitations:join")
SIGN_UP = "/accounts/signup/"
PASSWORD = "compilers-1952"
ACCOUNT = {"username": "grace", "email": "grace@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def course(db):
    return make_course(title="Automatic differentiation")


@pytest.fixture
def invitation(course):
    return services.invite(course=course, by=make_member(course, Role.INSTRUCTOR))


def role(user, course):
    return Enrollment.objects.filter(user=user, course=course).values_list("role", flat=True).first()


def test_a_signed_in_user_joins_with_one_click(client, course, invitation):
    user = make_user()
    client.force_login(user)

    assert "Automatic differentiation" in client.get(invitation.get_absolute_url()).text
    assert role(user, course) is None
    assert client.post(invitation.get_absolute_url()).url == course.get_absolute_url()
    assert role(user, course) == Role.STUDENT


@pytest.mark.parametrize("spell", [str.lower, lambda code: f" {code[:4]}-{code[4:8]}-{code[8:]} "])
def test_a_code_is_accepted_in_any_spelling(client, invitation, spell):
    assert client.post(JOIN, {"code": spell(invitation.code)}).url == invitation.get_absolute_url()


@pytest.mark.parametrize(
    "code", ["WRONG", "<script>alert(1)</script>", "\0", "é" * 40, "'; DROP TABLE", "9" * 5000, ""]
)
def test_an_unknown_code_is_refused_with_a_message(client, invitation, code):
    answer = client.post(JOIN, {"code": code})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_an_unknown_link_shows_a_message(client, db):
    answer = client.get(reverse("invitations:invited", args=["WRONG"]))

    assert answer.status_code == 404
    assert "This code does not open a course" in answer.text


def test_sign_up_by_an_invitation_returns_to_it(client, course, invitation):
    client.get(invitation.get_absolute_url())
    assert client.get(SIGN_UP).status_code == 200

    answer = client.post(SIGN_UP, ACCOUNT | {"next": invitation.get_absolute_url()})

    assert answer.url == invitation.get_absolute_url()
    client.post(answer.url)
    assert role(User.objects.get(username="grace"), course) == Role.STUDENT


def test_sign_up_needs_an_invitation(client, db):
    assert "By invitation" in client.get(SIGN_UP).text
    client.post(SIGN_UP, ACCOUNT)

    assert not User.objects.exists()


def test_a_withdrawn_invitation_allows_no_sign_up(client, invitation):
    client.get(invitation.get_absolute_url())
    services.withdraw(invitation)

    client.post(SIGN_UP, ACCOUNT)

    assert not User.objects.filter(username="grace").exists()


@pytest.mark.parametrize(
    "closed",
    [{"withdrawn": True}, {"ends_at": timezone.now() - timedelta(seconds=1)}, {"places": 2, "used": 2}],
    ids=["withdrawn", "over", "used up"],
)
def test_a_closed_code_is_refused(client, course, invitation, closed):
    Invitation.objects.filter(pk=invitation.pk).update(**closed)
    user = make_user()
    client.force_login(user)

    assert client.get(invitation.get_absolute_url()).status_code == 404
    assert client.post(invitation.get_absolute_url()).status_code == 404
    assert services.accept(code=invitation.code, user=user) is None
    assert role(user, course) is None
    invitation.refresh_from_db()
    assert not invitation.is_open


def test_the_last_place_is_taken_once(course):
    invitation = services.invite(course=course, by=make_user(), places=1)

    assert services.accept(code=invitation.code, user=make_user()) == course
    assert services.accept(code=invitation.code, user=make_user()) is None


def test_a_teacher_keeps_the_role_and_uses_no_place(course, invitation):
    teacher = make_member(course, Role.TA)

    services.accept(code=invitation.code, user=teacher)

    invitation.refresh_from_db()
    assert (role(teacher, course), invitation.used) == (Role.TA, 0)


def codes(course):
    return reverse("invitations:codes", args=[course.slug])


def test_an_instructor_creates_and_withdraws_codes(client, course):
    client.force_login(make_member(course, Role.INSTRUCTOR))

    client.post(codes(course), {"places": "30", "ends_at": ""})
    invitation = Invitation.objects.get(course=course)
    text = client.get(codes(course)).text
    assert invitation.readable in text
    assert invitation.get_absolute_url() in text

    client.post(reverse("invitations:withdraw", args=[course.slug, invitation.pk]))
    assert services.find(invitation.code) is None


@pytest.mark.parametrize("data", [{"places": "0"}, {"places": "x"}, {"ends_at": "2001-01-01T00:00"}])
def test_impossible_limits_are_refused(client, course, data):
    client.force_login(make_member(course, Role.INSTRUCTOR))

    assert client.post(codes(course), data).status_code == 422
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("who", ["a student", "an assistant", "an instructor elsewhere"])
def test_others_cannot_see_create_or_withdraw_codes(client, course, invitation, who):
    person = {
        "a student": lambda: make_student(course),
        "an assistant": lambda: make_member(course, Role.TA),
        "an instructor elsewhere": lambda: make_member(make_course(), Role.INSTRUCTOR),
    }[who]()
    client.force_login(person)

    assert client.get(codes(course)).status_code == 404
    assert client.post(codes(course), {}).status_code == 404
    assert client.post(reverse("invitations:withdraw", args=[course.slug, invitation.pk])).status_code == 404
    assert Invitation.objects.open().count() == 1


def test_an_instructor_cannot_withdraw_the_code_of_another_course(client, course, invitation):
    other = make_course()
    client.force_login(make_member(other, Role.INSTRUCTOR))

    assert client.post(reverse("invitations:withdraw", args=[other.slug, invitation.pk])).status_code == 404
    assert services.find(invitation.code) is not None


def test_a_code_brings_nobody_back_whom_staff_removed(client, course, invitation):
    user = make_student(course)
    membership.remove(course, user, by=None)
    client.force_login(user)

    answer = client.post(invitation.get_absolute_url())

    assert answer.status_code == 403
    assert "Ask an instructor" in answer.text
    assert role(user, course) is None
    membership.restore(course, user)
    assert client.post(invitation.get_absolute_url()).status_code == 302
