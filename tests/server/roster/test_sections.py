"""Sections of a course, and assistants who see only some of them."""

import pytest

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.audit.models import AuditAction, AuditEntry
from server.courses import services as membership
from server.courses.models import AssistantLimit, Course, Enrollment, Section
from server.courses.services import MembershipRefused
from server.courses.visibility import everybody, visible_people
from server.dashboard.selectors.overview import turnout
from server.gradebook.exports import Format, export
from server.roster import sections
from server.roster.sections import SectionRefused
from tests.server.api.conftest import Caller
from tests.support.people import graded, make_assignment, make_course, make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return make_course()


@pytest.fixture
def monday(course):
    return sections.add(course, "Monday")


@pytest.fixture
def at(client, course):
    client.force_login(make_member(course, "instructor", username="teacher"))

    def send(path="", data=None, **query):
        url = f"/courses/{course.slug}/teach/{path}"
        return client.get(url, query) if data is None else client.post(url, data, follow=True)

    return send


def section_of(user):
    section = Enrollment.objects.get(user=user).section
    return section and section.name


@pytest.mark.parametrize("name", ["", " \u200b", "monday", " MONDAY ", "x" * 101])
def test_a_section_needs_a_name_of_its_own(course, monday, name):
    with pytest.raises(SectionRefused):
        sections.add(course, name)

    assert course.sections.count() == 1


def test_another_course_can_have_the_name(monday):
    assert sections.add(make_course(), "Monday") != monday


def test_a_deleted_section_leaves_its_people_in_the_course(course, monday):
    ada = make_student(course)
    membership.set_section(course, ada, monday)

    sections.delete(monday)

    assert section_of(ada) is None


def test_a_section_to_which_an_assistant_is_limited_stays(course, monday):
    assistant = make_member(course, "ta")
    sections.limit(course, assistant, [monday])

    with pytest.raises(SectionRefused, match=assistant.username):
        sections.delete(monday)
    assert not visible_people(assistant, course).are_all
    course.delete()
    assert not AssistantLimit.objects.exists()


def test_a_member_cannot_be_in_a_section_of_another_course(course):
    foreign = sections.add(make_course(), "Tuesday")

    with pytest.raises(MembershipRefused):
        membership.set_section(course, make_student(course), foreign)
    with pytest.raises(MembershipRefused):
        sections.limit(course, make_member(course, "ta"), [foreign])


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_only_an_assistant_can_be_limited(course, monday, role):
    with pytest.raises(MembershipRefused):
        sections.limit(course, make_member(course, role), [monday])


def test_limited_to_nothing_is_refused(course):
    with pytest.raises(MembershipRefused):
        sections.limit(course, make_member(course, "ta"), [])


def test_a_restored_assistant_is_limited_as_before(course, monday):
    assistant = make_member(course, "ta")
    sections.limit(course, assistant, [monday])
    membership.set_section(course, assistant, monday)

    membership.remove(course, assistant, by=None)
    membership.restore(course, assistant)

    assert section_of(assistant) == "Monday"
    assert not visible_people(assistant, course).are_all


def test_a_learner_who_moves_is_no_longer_seen(course, monday):
    ada, assistant = make_student(course), make_member(course, "ta")
    membership.set_section(course, ada, monday)
    sections.limit(course, assistant, [monday])
    assert visible_people(assistant, course).includes(ada.pk)

    membership.set_section(course, ada, sections.add(course, "Tuesday"))

    assert not visible_people(assistant, course).includes(ada.pk)


def test_the_log_has_sections_and_limits(course, monday):
    assistant = make_member(course, "ta")
    membership.set_section(course, assistant, monday)
    sections.limit(course, assistant, [monday])
    sections.rename(monday, "Montag")

    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "before", "after"))

    assert (AuditAction.SECTION_CHANGED, "", "Monday") in actions
    assert (AuditAction.LIMITED, "everybody", "Monday") in actions
    assert (AuditAction.SECTION_RENAMED, "Monday", "Montag") in actions


def test_people_get_their_sections_on_the_page(at, course, monday):
    ada, bob, eve = (make_student(course) for _ in range(3))

    at("people/sections/assign", {"person": [ada.pk, bob.pk, "x"], "section": monday.pk})
    at(f"people/{eve.pk}/section", {"section": monday.pk})
    at(f"people/{bob.pk}/section", {"section": ""})

    assert [section_of(user) for user in (ada, bob, eve)] == ["Monday", None, "Monday"]
    listed = at("people/", section=monday.pk).context["rows"]
    assert {row.user for row in listed} == {ada, eve}


def test_the_pages_make_rename_and_delete_sections(at, course):
    at("people/sections/", {"name": "Monday"})
    section = course.sections.get()
    assert "There is a section" in at("people/sections/", {"name": "monday"}).text
    at(f"people/sections/{section.pk}/rename", {"name": "Montag"})
    assert course.sections.get().name == "Montag"
    at(f"people/sections/{section.pk}/delete", {})

    assert not course.sections.exists()


def test_an_assistant_is_limited_on_the_page(at, course, monday):
    assistant = make_member(course, "ta")

    at(f"people/{assistant.pk}/limit", {"sees": "sections", "sections": [monday.pk]})
    assert sections.limits_of(course, assistant) == [monday]
    assert "Choose at least one" in at(f"people/{assistant.pk}/limit", {"sees": "sections"}).text
    at(f"people/{assistant.pk}/limit", {"sees": "all"})

    assert sections.limits_of(course, assistant) == []


def test_an_import_puts_people_into_sections(at, course, monday):
    ada = make_student(course, username="ada")
    text = "username,section\nada,MONDAY\nbob,Tuesday\neve,\nzoe,tuesday"
    page = at("people/import", {"text": text})
    notes = [step.notes for step in page.context["plan"].steps]

    at("people/import/confirm", {"text": text, "digest": page.context["digest"]})

    assert notes[0] == ("section: none → MONDAY",)
    names = dict(course.enrollments.exclude(role="instructor").values_list("user__username", "section__name"))
    assert names == {"ada": "Monday", "bob": "Tuesday", "eve": None, "zoe": "Tuesday"}
    at("people/import", {"text": "username,section\nada,"})
    assert section_of(ada) == "Monday"


def test_numbers_and_files_are_of_one_section(at, course, monday):
    assignment = make_assignment(course)
    ada, bob = make_student(course, username="ada"), make_student(course, username="bob")
    graded(ada, assignment, 4)
    graded(bob, assignment, 6)
    membership.set_section(course, ada, monday)

    of_monday = at("gradebook/", section=monday.pk).context["table"]
    file = at("gradebook/export/csv", section=monday.pk).content.decode()
    pulse = at("", section=monday.pk).context["pulse"]
    figures = at(f"assignments/{assignment.pk}/analytics", section=monday.pk).context["figures"]

    assert [row.student for row in of_monday.rows] == [ada]
    assert ("ada" in file, "bob" in file) == (True, False)
    assert (pulse.submitted, figures.tried) == (1, 1)
    assert at("gradebook/", section="999").context["table"].page.paginator.count == 2


def test_former_members_are_in_no_export(course):
    assignment = make_assignment(course)
    ada, bob = make_student(course, username="ada"), make_student(course, username="bob")
    for user in (ada, bob, make_member(course, "ta", username="tom")):
        graded(user, assignment, 4)
    membership.remove(course, bob, by=None)

    for form in (Format.CSV, Format.CANVAS, Format.MOODLE, Format.GRADESCOPE):
        content = export(everybody(course), form).content
        assert (b"ada" in content, b"bob" in content, b"tom" in content) == (True, False, False), form
    assert turnout(everybody(course)).students == 1


@pytest.fixture
def call(course):
    token = make_token("t", courses=[course], scopes=[*TokenScope], owner=make_member(course, "instructor"))[1]
    return Caller(token)


def test_a_program_manages_people_and_sections(call, course):
    path = f"/courses/{course.slug}"
    section = call.post(f"{path}/sections", {"name": "Monday"})
    again = call.post(f"{path}/sections", {"name": "MONDAY"})
    assert (section.status_code, again.status_code) == (201, 200)
    key = section.json()["id"]
    ada = call.post(f"{path}/enrollments", {"external_id": "ada", "section": key}).json()
    assert (ada["section"], ada["removed_at"]) == ({"id": key, "name": "Monday"}, None)
    person = f"{path}/enrollments/{ada['user']['id']}"

    changed = call.patch(person, {"role": "ta", "section": None, "limited_to": [key]}).json()
    assert (changed["role"], changed["section"], changed["limited_to"]) == ("ta", None, [key])
    assert call.delete(f"{path}/sections/{key}").status_code == 409
    assert [call.delete(person).status_code for _ in range(2)] == [204, 204]
    assert call.get(person).json()["removed_at"]
    assert call.patch(person, {"role": "student"}).status_code == 409
    former = call.get(f"{path}/enrollments?former=true").json()["items"]
    assert [one["user"]["external_id"] for one in former] == ["ada"]
    assert [call.post(f"{person}/restore").json()["limited_to"] for _ in range(2)] == [[key], [key]]
    assert call.patch(person, {"limited_to": None}).json()["limited_to"] is None
    assert call.delete(f"{path}/sections/{key}").status_code == 204


def test_a_program_finds_people_by_filters(call, course, monday):
    ada = make_student(course, username="ada", external_id="s1", email="ada@example.org")
    make_student(course, username="bob", external_id="s2")
    membership.set_section(course, ada, monday)
    path = f"/courses/{course.slug}/enrollments"

    for query in ("search=ada@example", f"section={monday.pk}", "external_id=s1", "role=student&search=s1"):
        found = call.get(f"{path}?{query}").json()["items"]
        assert [one["user"]["external_id"] for one in found] == ["s1"], query


def test_a_program_cannot_take_the_last_instructor_away(call, course):
    (owner,) = course.enrollments.all()
    person = f"/courses/{course.slug}/enrollments/{owner.user_id}"

    assert call.patch(person, {"role": "student"}).status_code == 409
    assert call.delete(person).status_code == 409
    assert Enrollment.objects.get(pk=owner.pk).role == "instructor"


def test_a_change_that_is_refused_changes_nothing(call, course, monday):
    ada = make_student(course)
    person = f"/courses/{course.slug}/enrollments/{ada.pk}"

    refused = call.patch(person, {"section": monday.pk, "limited_to": [monday.pk]})

    assert refused.status_code == 409
    assert section_of(ada) is None


def test_a_section_of_another_course_does_not_exist(call, course):
    foreign = sections.add(Course.objects.create(slug="other", title="Other"), "Monday")
    person = f"/courses/{course.slug}/enrollments/{make_student(course).pk}"

    for body in ({"section": foreign.pk}, {"role": "ta", "limited_to": [foreign.pk]}):
        assert call.patch(person, body).status_code == 404
    assert call.patch(f"/courses/{course.slug}/sections/{foreign.pk}", {"name": "x"}).status_code == 404
    assert Section.objects.get(pk=foreign.pk).name == "Monday"
