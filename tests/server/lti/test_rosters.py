import pytest

from server.courses import services as membership
from server.courses.models import Enrollment, Role
from server.courses.visibility import visible_people
from server.lti.errors import ServiceError
from server.lti.members import rosters
from server.lti.models import Identity, LmsCourse
from server.roster import sections
from tests.support.people import graded

pytestmark = pytest.mark.django_db


def member(sub, role="Learner", **more):
    return {"user_id": sub, "name": f"Person {sub}", "roles": [role], "status": "Active"} | more


@pytest.fixture
def lms_course(browser, platform):
    browser.launch(sub="t1", roles=["Instructor"])
    return LmsCourse.objects.get()


def roles():
    rows = Enrollment.objects.filter(user__lti_identities__isnull=False)
    return dict(rows.values_list("user__lti_identities__sub", "role"))


def test_members_join_with_short_or_long_role_names(lms_course, double):
    long = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
    double.members = [member("t1", "Instructor"), member("s1"), member("s2", long)]
    result = rosters.sync(lms_course)

    assert (result.named, result.new, result.gone) == (3, 2, 0)
    assert roles() == {"t1": "instructor", "s1": "student", "s2": "student"}


def test_the_launch_role_wins_over_a_lower_roster_role(lms_course, double):
    double.members = [member("t1", "Learner")]
    rosters.sync(lms_course)

    assert roles() == {"t1": "instructor"}


def test_removed_staff_lose_roles_and_students_keep_submissions(lms_course, double, assignment):
    double.members = [member("t1", "Instructor"), member("t2", "Instructor"), member("s1")]
    rosters.sync(lms_course)
    student = Identity.objects.get(sub="s1").user
    graded(student, assignment, 7)
    double.members = [member("t1", "Instructor")]
    result = rosters.sync(lms_course)

    assert result.gone == 2
    assert roles() == {"t1": "instructor", "s1": "student"}
    assert student.submissions.count() == 1


def test_a_returning_member_gets_the_role_again(lms_course, double):
    for members in ([member("t1", "Instructor"), member("t2", "Instructor")], [member("t1", "Instructor")]) * 2:
        double.members = members
        rosters.sync(lms_course)
    double.members = [member("t1", "Instructor"), member("t2", "Instructor")]
    rosters.sync(lms_course)

    assert roles()["t2"] == Role.INSTRUCTOR


@pytest.mark.parametrize("members", [[], [member("s1", status="Inactive")], ["nobody"], [{"user_id": 5}]])
def test_a_roster_without_active_members_removes_nobody(lms_course, double, members):
    double.members = members
    with pytest.raises(ServiceError):
        rosters.sync(lms_course)

    assert roles() == {"t1": "instructor"}
    assert LmsCourse.objects.get().roster_error


def test_a_failing_platform_changes_no_roles(lms_course, double):
    double.down = True
    rosters.sync_due()

    assert "503" in LmsCourse.objects.get().roster_error
    assert roles() == {"t1": "instructor"}


def test_a_role_that_staff_decided_here_stays(lms_course, double, browser):
    double.members = [member("t1", "Instructor"), member("a1", "Instructor")]
    rosters.sync(lms_course)
    assistant = Identity.objects.get(sub="a1").user
    membership.change_role(lms_course.course, assistant, Role.TA, by=None)
    rosters.sync(lms_course)
    browser.launch(sub="a1", roles=["Instructor"])

    assert roles()["a1"] == "ta"


def test_an_assistant_who_is_limited_here_stays_one(lms_course, double, browser):
    double.members = [member("t1", "Instructor"), member("a1", "TeachingAssistant")]
    rosters.sync(lms_course)
    assistant = Identity.objects.get(sub="a1").user
    sections.limit(lms_course.course, assistant, [sections.add(lms_course.course, "Monday")])
    browser.launch(sub="a1", roles=["Instructor"])

    assert roles()["a1"] == "ta"
    assert not visible_people(assistant, lms_course.course).are_all


def test_a_person_whom_staff_removed_stays_out(lms_course, double, browser, assignment):
    double.members = [member("t1", "Instructor"), member("s1")]
    rosters.sync(lms_course)
    student = Identity.objects.get(sub="s1").user
    membership.remove(lms_course.course, student, by=None)
    rosters.sync(lms_course)

    page = browser.launch(sub="s1", roles=["Learner"])

    assert page.status_code == 403
    assert "no longer in this course" in page.content.decode()
    assert "s1" not in roles()
    membership.restore(lms_course.course, student)
    assert browser.launch(sub="s1", roles=["Learner"]).status_code != 403
