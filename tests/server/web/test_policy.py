import pytest

from server.gradebook.models import GradeChange
from tests.support.people import graded, make_student, make_user


@pytest.fixture
def staff(client, db):
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_only_the_admin_has_a_wider_policy(client, staff):
    assert "unsafe-eval" in client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/")["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["accounts/user/", "courses/course/", "gradebook/assignment/"])
def test_the_admin_opens_for_staff_but_not_for_students(client, staff, assignment, page):
    assert client.get(f"/admin/{page}").status_code == 200

    client.force_login(make_student(assignment.course))
    assert client.get(f"/admin/{page}").status_code == 302


def test_terms_changed_in_the_admin_are_in_the_audit(client, staff, assignment):
    graded(make_student(assignment.course), assignment, given=5)
    address = f"/admin/gradebook/assignment/{assignment.pk}/change/"
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    empty = {f"{name}_{part}": "" for name in ("opens_at", "due_at", "closes_at") for part in (0, 1)}

    answer = client.post(address, values | empty | {"points": "10"})

    assert answer.status_code == 302
    change = GradeChange.objects.first()
    assert (change.action, change.by, change.new["final"]) == ("terms", staff, 5)
