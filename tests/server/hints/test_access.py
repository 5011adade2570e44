"""What is not open yet does not leave the server, by any way that a learner has."""

import io
import zipfile

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.courses.models import HintRule, Role
from server.hints.access import access_for
from server.hints.models import HintUse, Level
from server.submissions.models import Kind, State, Submission
from tests.support import leaving
from tests.support.leaving import HOW, LOOK, MESSAGES, WHY, body, everything_that_leaves, hand_in_wrong
from tests.support.people import make_member, make_report, make_student, make_submission, make_user, record


@pytest.fixture(autouse=True)
def _own_messages(exercises):
    (exercises / "gradients" / "square" / "messages.toml").write_text(MESSAGES)


def wrong(learner, assignment, mistake="rooted", **fields):
    """Hand in a wrong answer that gets this mistake, and return it as a request reads it."""
    submission = hand_in_wrong(learner, assignment, mistake, **fields)
    return Submission.objects.select_related("learner", "assignment__course").get(pk=submission.pk)


def levels(person, submission, mistake="rooted"):
    fresh = Submission.objects.select_related("learner", "assignment__course").get(pk=submission.pk)
    return access_for(type(person).objects.get(pk=person.pk), fresh).open_levels(f"{mistake}.hint")


def leaking(student, submission, text):
    return leaving.leaking(everything_that_leaves(student, submission), text)


def test_after_one_attempt_only_the_first_level_leaves(student, assignment):
    submission = wrong(student, assignment)

    assert leaking(student, submission, WHY) == []
    assert leaking(student, submission, HOW) == []
    assert len(leaking(student, submission, LOOK)) == 5  # the exercise, the page, its part twice, and the API


def test_each_attempt_opens_one_more(student, assignment):
    first = wrong(student, assignment)
    second = wrong(student, assignment)

    assert (levels(student, first), levels(student, second)) == (2, 2)
    assert leaking(student, second, HOW) == []
    report = f"/submissions/{second.pk}/report"
    assert leaking(student, second, WHY) == [report]  # on the page, the learner opens it first

    wrong(student, assignment)

    assert levels(student, first) == 3
    assert leaking(student, second, HOW) == [report]


def test_another_mistake_starts_with_the_first_level(student, assignment):
    wrong(student, assignment)
    wrong(student, assignment)
    other = wrong(student, assignment, "turned")

    assert levels(student, other, "turned") == 1
    assert levels(student, other, "rooted") == 1


def test_what_uses_no_attempt_opens_nothing(student, assignment):
    first = wrong(student, assignment)
    for _ in range(3):
        wrong(student, assignment, kind=Kind.TEST_RUN)
        make_submission(student, assignment, state=State.CANCELLED, cancel_cost="", given=None, max=None)
    make_submission(student, assignment, state=State.CANCELLED, cancel_cost="attempt")
    waiting = make_submission(student, assignment)
    record(make_submission(student, assignment), make_report(0, outcome="ungradable"))

    assert waiting.is_open
    assert levels(student, first) == 1


def test_attempts_of_others_open_nothing(student, assignment):
    mine = wrong(student, assignment)
    other = make_student(assignment.course)
    wrong(other, assignment)
    wrong(other, assignment)

    assert levels(student, mine) == 1


def test_a_test_run_shows_what_attempts_have_opened(student, assignment):
    run = wrong(student, assignment, kind=Kind.TEST_RUN)
    assert levels(student, run) == 1

    wrong(student, assignment)
    wrong(student, assignment)

    assert levels(student, run) == 2


def test_a_report_of_an_earlier_version_counts_from_itself(student, assignment):
    first = wrong(student, assignment)
    wrong(student, assignment)
    HintUse.objects.all().delete()

    assert levels(student, first) == 2


@pytest.mark.parametrize(("rule", "expected"), [(HintRule.ALL, 3), (HintRule.FIRST, 1), (HintRule.ATTEMPT, 2)])
@pytest.mark.parametrize("place", ["course", "assignment"])
def test_the_instructor_sets_the_rule(rule, expected, place, student, assignment):
    owner = assignment if place == "assignment" else assignment.course
    owner.hint_rule = rule
    owner.save()
    wrong(student, assignment)
    second = wrong(student, assignment)

    assert levels(student, second) == expected


def test_the_rule_of_the_assignment_comes_first(student, assignment):
    assignment.course.hint_rule, assignment.hint_rule = HintRule.ALL, HintRule.FIRST
    assignment.course.save()
    assignment.save()

    assert levels(student, wrong(student, assignment)) == 1


@pytest.mark.parametrize("role", [Role.TA, Role.INSTRUCTOR])
def test_teachers_see_every_level_also_of_their_own_tries(role, student, assignment):
    assignment.hint_rule = HintRule.FIRST
    assignment.save()
    teacher = make_member(assignment.course, role)

    assert levels(teacher, wrong(student, assignment)) == 3
    assert levels(teacher, wrong(teacher, assignment)) == 3
    assert levels(teacher, wrong(teacher, assignment, kind=Kind.TEST_RUN)) == 3


def test_a_teacher_of_another_course_is_a_learner_here(assignment):
    from tests.support.people import make_course

    teacher = make_member(make_course(), Role.INSTRUCTOR)
    assignment.course.enrollments.create(user=teacher, role=Role.STUDENT)

    assert levels(teacher, wrong(teacher, assignment)) == 1


def test_a_token_of_the_course_reads_every_level(student, assignment, client):
    submission = wrong(student, assignment)
    owner = make_member(assignment.course, Role.INSTRUCTOR)
    _, token = make_token("lms", courses=[assignment.course], scopes=[TokenScope.SUBMISSIONS_READ], owner=owner)

    answer = client.get(f"/api/v1/submissions/{submission.pk}/report", headers={"authorization": f"Bearer {token}"})

    (finding,) = answer.json()["findings"]
    assert finding["hint"] == LOOK
    assert finding["hints"] == [LOOK, WHY, HOW]


def test_the_report_changes_its_etag_when_a_level_opens(student, assignment, client):
    submission = wrong(student, assignment)
    _, token = make_token("mine", courses=[assignment.course], scopes=[TokenScope.SUBMISSIONS_READ], learner=student)
    ask = {"path": f"/api/v1/submissions/{submission.pk}/report"}
    signed = {"authorization": f"Bearer {token}"}
    before = client.get(**ask, headers=signed)
    assert client.get(**ask, headers=signed | {"if-none-match": before["ETag"]}).status_code == 304

    wrong(student, assignment)
    after = client.get(**ask, headers=signed | {"if-none-match": before["ETag"]})

    assert (before.json()["findings"][0]["hints"], after.json()["findings"][0]["hints"]) == ([LOOK], [LOOK, WHY])


def test_the_export_for_gradescope_has_the_first_level_only(student, assignment):
    from server.courses.visibility import everybody
    from server.gradebook.exports.gradescope import zipped

    wrong(student, assignment)
    exported = zipped(everybody(assignment.course))
    content = exported if isinstance(exported, bytes) else b"".join(exported)
    archive = zipfile.ZipFile(io.BytesIO(content))
    text = "".join(archive.read(name).decode() for name in archive.namelist())

    assert LOOK in text
    assert WHY not in text
    assert HOW not in text


def test_the_personal_data_have_the_open_levels_only(student, assignment):
    """A report of the queue carries all levels in its data; the file for the person has those that are open."""
    from server.privacy.accounts import DataSubject
    from server.privacy.export import personal_data

    submission = make_submission(student, assignment)
    report = make_report(0, message="rooted", hint="rooted.hint", diagnosis="rooted")
    report["findings"][0]["data"] = {"own_words": ["rooted", "This is a root.", LOOK, WHY, HOW]}
    record(submission, report)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(personal_data(DataSubject.of(student)))))
    text = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())

    assert LOOK in text
    assert WHY not in text
    assert HOW not in text


# Opening and refusing.


@pytest.fixture
def learner(student):
    client = Client()
    client.force_login(student)
    return client


def press(client, what, submission, check="agrees", level=2, **headers):
    data = {"check": check, "level": level}
    return client.post(reverse(f"hints:{what}", args=[submission.pk]), data, headers=headers)


@pytest.mark.parametrize("level", [2, 3])
def test_a_closed_level_cannot_be_opened_by_hand(level, learner, student, assignment):
    submission = wrong(student, assignment)

    answer = press(learner, "open", submission, level=level, hx_request="true")

    assert answer.status_code == 409
    assert WHY not in body(answer)
    assert HOW not in body(answer)
    assert press(learner, "did-not-help", submission, level=level, hx_request="true").status_code == 409
    assert not HintUse.objects.filter(level__gt=1).exists()


@pytest.mark.parametrize("level", ["", "0", "4", "-1", "two", "2.0", "9" * 400])
def test_a_level_that_is_none_is_refused(level, learner, student, assignment):
    assert press(learner, "open", wrong(student, assignment), level=level, hx_request="true").status_code == 409


def test_nobody_opens_a_hint_for_somebody_else(student, assignment):
    assignment.hint_rule = HintRule.ALL
    assignment.save()
    submission = wrong(student, assignment)
    for person in (make_student(assignment.course), make_member(assignment.course, Role.INSTRUCTOR), make_user()):
        client = Client()
        client.force_login(person)
        for what in ("open", "did-not-help"):
            assert press(client, what, submission).status_code == 404
    assert press(Client(), "open", submission).status_code == 302

    assert list(HintUse.objects.values_list("level", "did_not_help_at")) == [(1, None)]


def test_an_opened_level_is_shown_and_recorded_once(learner, student, assignment):
    wrong(student, assignment)
    submission = wrong(student, assignment)
    page = reverse("submissions:detail", args=[submission.pk])
    assert WHY not in body(learner.get(page))

    for _ in range(3):
        assert WHY in body(press(learner, "open", submission, hx_request="true"))

    assert WHY in body(learner.get(page))
    assert HintUse.objects.filter(submission=submission, level=Level.WHY).count() == 1
    use = HintUse.objects.get(submission=submission, level=Level.WHY)
    assert (use.learner, use.assignment, use.hint, use.text) == (student, assignment, "rooted.hint", "This is a root.")


def test_without_scripts_the_button_leads_back_to_the_page(learner, student, assignment):
    wrong(student, assignment)
    submission = wrong(student, assignment)

    answer = press(learner, "open", submission)

    assert answer.status_code == 302
    assert WHY in body(learner.get(answer["Location"]))


def test_a_learner_says_once_that_a_hint_did_not_help(learner, student, assignment):
    wrong(student, assignment)
    submission = wrong(student, assignment)
    assert press(learner, "did-not-help", submission, hx_request="true").status_code == 409  # not opened yet
    press(learner, "open", submission)

    for level in (1, 2, 2):
        assert "did not help" in body(press(learner, "did-not-help", submission, level=level, hx_request="true"))

    uses = HintUse.objects.filter(submission=submission).order_by("level")
    assert [(use.level, use.did_not_help_at is not None) for use in uses] == [(1, True), (2, True)]
    assert WHY in body(learner.get(reverse("submissions:detail", args=[submission.pk])))


def test_the_page_says_when_the_next_level_opens(learner, student, assignment):
    submission = wrong(student, assignment)
    page = reverse("submissions:detail", args=[submission.pk])
    assert "Why this goes wrong: opens after one more attempt" in body(learner.get(page))

    wrong(student, assignment)

    assert "Show why" in body(learner.get(page))
    assert "What to change: opens after one more attempt" in body(learner.get(page))


@pytest.mark.parametrize("end", ["attempts", "rule"])
def test_nothing_is_promised_that_cannot_come(end, learner, student, assignment):
    assignment.attempts = 1 if end == "attempts" else None
    assignment.hint_rule = HintRule.FIRST if end == "rule" else ""
    assignment.save()
    submission = wrong(student, assignment)

    assert "opens after" not in body(learner.get(reverse("submissions:detail", args=[submission.pk])))


def test_a_regrade_notes_new_hints_and_keeps_opened_ones(learner, student, assignment):
    from grader.protocol.reports import Report
    from server.hints.services import record_given

    wrong(student, assignment)
    submission = wrong(student, assignment)
    press(learner, "open", submission)
    report = Report.from_dict(make_report(0, message="turned", hint="turned.hint"))

    with transaction.atomic():
        record_given(submission=submission, report=report)

    uses = HintUse.objects.filter(submission=submission).order_by("hint", "level")
    assert list(uses.values_list("hint", "level")) == [("rooted.hint", 2), ("turned.hint", 1)]


def test_the_rows_go_with_the_submission(student, assignment):
    wrong(student, assignment)

    assert HintUse._meta.get_field("submission").remote_field.on_delete.__name__ == "CASCADE"
    assert HintUse._meta.get_field("learner").remote_field.on_delete.__name__ == "CASCADE"
    assert HintUse.objects.filter(learner=student).count() == 1


# What teachers see.


def test_teachers_see_how_often_each_level_was_opened(learner, student, assignment, client):
    wrong(student, assignment)
    submission = wrong(student, assignment)
    press(learner, "open", submission)
    press(learner, "did-not-help", submission)
    wrong(make_member(assignment.course, Role.TA), assignment)  # does not count
    client.force_login(make_member(assignment.course, Role.INSTRUCTOR))

    page = body(client.get(reverse("dashboard:analytics", args=[assignment.course.slug, assignment.pk])))

    row = page.partition(">Hints</h2>")[2].partition("<tbody>")[2].partition("</tr>")[0]
    numbers = [int(cell.partition("<")[0]) for cell in row.split('<td class="number">')[1:]]
    assert "This is a root." in row
    assert numbers == [2, 1, 0, 0, 1, 0]


def test_teachers_see_on_a_submission_what_was_opened(learner, student, assignment, client):
    wrong(student, assignment)
    submission = wrong(student, assignment)
    press(learner, "open", submission)
    press(learner, "did-not-help", submission)
    client.force_login(make_member(assignment.course, Role.INSTRUCTOR))

    page = body(client.get(reverse("dashboard:submission", args=[assignment.course.slug, submission.pk])))

    assert all(text in page for text in (LOOK, WHY, HOW))
    assert "opened" in page
    assert "did not help" in page
    assert reverse("hints:open", args=[submission.pk]) not in page


def test_an_instructor_sets_the_rule_of_the_course(assignment, client):
    address = reverse("dashboard:hints", args=[assignment.course.slug])
    client.force_login(make_member(assignment.course, Role.TA))
    assert client.post(address, {"hint_rule": "all"}).status_code in {403, 404}
    client.force_login(make_member(assignment.course, Role.INSTRUCTOR))

    client.post(address, {"hint_rule": "first"})
    client.post(address, {"hint_rule": "nonsense"})

    assignment.course.refresh_from_db()
    assert assignment.course.hint_rule == HintRule.FIRST


# The edit at the line to look at.

OLD, NEW = "return x ** 3 - 41", "return x ** 3 - 42"
EDIT = {"removed": [f"    {OLD}"], "added": [f"    {NEW}"]}


def with_edit(learner, assignment, edit=None, **fields):
    """Hand in a wrong answer for which the grader found a line and an edit."""
    submission = wrong(learner, assignment, source="def square(x):\n    return x\n", **fields)
    Submission.objects.filter(pk=submission.pk).update(line=2, edit=edit or EDIT)
    submission.refresh_from_db()
    return submission


def late(learner, submission):
    """What a page gets if it asks for the edit when the line has come."""
    return learner.get(reverse("hints:edit", args=[submission.pk]))


def test_a_closed_edit_does_not_leave(learner, student, assignment):
    submission = with_edit(student, assignment)

    assert leaking(student, submission, NEW) == []
    assert leaking(student, submission, OLD) == []
    assert leaking(student, submission, reverse("hints:edit", args=[submission.pk])) == []
    assert late(learner, submission).status_code == 404


@pytest.mark.parametrize(
    ("of_course", "own", "shown"),
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
def test_the_instructor_opens_edits(of_course, own, shown, learner, student, assignment):
    assignment.course.show_edit, assignment.show_edit = of_course, own
    assignment.course.save()
    assignment.save()
    submission = with_edit(student, assignment)

    assert [NEW in text for text in pages_with_results(learner, submission)] == [shown] * 3
    assert late(learner, submission).status_code == (200 if shown else 404)
    never = ("/api/", "events", "state", "profile", "history", "compare")
    assert [path for path in leaking(student, submission, NEW) if any(part in path for part in never)] == []


def pages_with_results(client, submission):
    course, slug = submission.assignment.course.slug, submission.assignment.slug
    exercise = reverse("submissions:exercise", args=[course, slug])
    parts = [reverse(f"submissions:{name}", args=[submission.pk]) for name in ("detail", "result")]
    return [body(client.get(path)) for path in (exercise, *parts)]


def test_teachers_see_every_edit_and_others_none(student, assignment):
    submission = with_edit(student, assignment)
    teacher, other = Client(), Client()
    teacher.force_login(make_member(assignment.course, Role.INSTRUCTOR))
    assignment.course.show_edit = True
    assignment.course.save()
    other.force_login(make_student(assignment.course))

    page = reverse("dashboard:submission", args=[assignment.course.slug, submission.pk])

    assert NEW in body(teacher.get(page))
    assert late(other, submission).status_code == 404


def test_a_waiting_page_knows_of_an_open_edit(learner, student, assignment):
    assignment.show_edit = True
    assignment.save()
    submission = wrong(student, assignment)

    page = body(learner.get(reverse("submissions:detail", args=[submission.pk])))

    assert f'data-look-edit="{reverse("hints:edit", args=[submission.pk])}"' in page


def test_a_made_up_edit_is_only_text(learner, student, assignment):
    assignment.show_edit = True
    assignment.save()
    made_up = {"removed": ["<script>alert(1)</script>"], "added": ["</pre><h1>Full marks</h1>"]}
    submission = with_edit(student, assignment, edit=made_up)

    for page in pages_with_results(learner, submission):
        assert "<script>alert(1)" not in page
        assert "<h1>Full marks" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_personal_data_have_no_closed_edit(student, assignment):
    from server.privacy.accounts import DataSubject
    from server.privacy.export import personal_data

    with_edit(student, assignment)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(personal_data(DataSubject.of(student)))))
    text = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())

    assert NEW not in text
