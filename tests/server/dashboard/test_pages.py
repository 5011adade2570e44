from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grader.protocol.reports import Outcome
from server.dashboard.models import Verification
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import decide
from server.regrades import services as regrades
from server.similarity.services import start as compare
from server.submissions.models import State
from tests.support.people import (
    graded,
    make_assignment,
    make_report,
    make_student,
    make_submission,
    record,
    write_exercise,
)

LISTS = [
    ("dashboard:overview", ""),
    ("dashboard:gradebook", ""),
    ("dashboard:gradebook", "?sort=-total&which=late&show=raw&q=a"),
    ("dashboard:changes", ""),
    ("dashboard:assignments", ""),
    ("dashboard:exercises", ""),
    ("regrades:list", ""),
    ("similarity:list", ""),
    ("roster:people", ""),
]
# For one instructor page, with the queries of the session.
MOST_QUERIES = 13


def page_text(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(("name", "query"), LISTS)
def test_a_longer_list_costs_no_more_queries(teach, client, course, big_course, name, query):
    from django.urls import reverse

    address = reverse(name, args=[course.slug]) + query
    big_course(2)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    big_course(4)
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) == len(few), [query["sql"] for query in many]
    assert len(many) <= MOST_QUERIES, [query["sql"] for query in many]


def test_the_overview_shows_who_is_stuck_and_on_what(teach, course, assignment):
    learner = make_student(course, first_name="Ada", last_name="Nwosu")
    for _ in range(4):
        submission = make_submission(learner, assignment)
        record(submission, make_report(0, message="returned_none", data={"entry": "square"}))

    page = page_text(teach("dashboard:overview"))
    assert "Ada Nwosu" in page
    assert "4 attempts" in page
    assert "<code>square</code> returned None." in page


def test_the_overview_counts_mistakes_by_students(teach, course, assignment):
    for _ in range(3):
        record(make_submission(None, assignment), make_report(0, message="returned_none", data={"entry": "square"}))

    assert "<strong>3</strong>" in page_text(teach("dashboard:overview"))


def test_the_overview_shows_waiting_submissions_and_grading_errors(teach, course, assignment):
    make_submission(None, assignment)
    make_submission(None, assignment, state=State.ERROR)

    page = page_text(teach("dashboard:overview"))
    assert '<div class="tile tile-wait"> <dt>Waiting for a grader</dt><dd>1</dd>' in page
    errors = f"/courses/{course.slug}/teach/errors/"
    assert f'<div class="tile tile-bad"><dt>Grading errors</dt><dd><a href="{errors}">1</a></dd>' in page


def test_the_overview_says_that_no_grader_is_running(teach, monkeypatch):
    from django.core.cache import cache

    cache.clear()
    assert "No grader is running" in page_text(teach("dashboard:workers"))


def test_the_gradebook_shows_final_raw_and_penalty_points(teach, course):
    late = make_assignment(
        course, slug="gradients/late", due_at=timezone.now() - timedelta(hours=5), late_percent_per_day=10
    )
    graded(make_student(course), late, given=10)

    assert ">90</a>" in page_text(teach("dashboard:gradebook"))
    assert ">100</a>" in page_text(teach("dashboard:gradebook", data={"show": "raw"}))
    assert ">10</a>" in page_text(teach("dashboard:gradebook", data={"show": "penalty"}))


def names(response):
    return [row.student.username for row in response.context["table"].rows]


def test_the_gradebook_sorts_by_name_total_and_assignment(teach, course, assignment):
    graded(make_student(course, username="ann"), assignment, given=2)
    graded(make_student(course, username="bob"), assignment, given=9)
    make_student(course, username="cyd")

    assert names(teach("dashboard:gradebook")) == ["ann", "bob", "cyd"]
    assert names(teach("dashboard:gradebook", data={"sort": "-name"})) == ["cyd", "bob", "ann"]
    assert names(teach("dashboard:gradebook", data={"sort": "total"})) == ["cyd", "ann", "bob"]
    assert names(teach("dashboard:gradebook", data={"sort": f"-{assignment.pk}"})) == ["bob", "ann", "cyd"]


@pytest.mark.parametrize("word", ["ada", "Nwosu", "ada@", "s-17"])
def test_the_gradebook_finds_students_by_any_of_their_names(teach, course, word):
    make_student(course, username="ada", last_name="Nwosu", email="ada@example.org", external_id="s-17")
    make_student(course, username="bob")

    assert names(teach("dashboard:gradebook", data={"q": word})) == ["ada"]


def test_numbers_in_names_are_sorted_as_numbers(teach, course):
    for name in ("student10", "Student2", "student1"):
        make_student(course, username=name)

    assert names(teach("dashboard:gradebook")) == ["student1", "Student2", "student10"]
    assert names(teach("dashboard:gradebook", data={"sort": "total"})) == ["student1", "Student2", "student10"]
    people = page_text(teach("roster:people"))
    assert people.index("Student2") < people.index("student10")


def test_a_comparison_page_explains_itself_and_can_start_again(teach, course, instructor):
    comparison = compare(course, by=instructor)

    page = page_text(teach("similarity:detail", comparison.pk))

    assert "<h1>Similarity</h1>" in page
    assert "never a verdict" in page
    assert "Compare again</button>" in page


def test_chart_and_list_use_the_same_names_for_mistakes(teach, course, assignment):
    for number, diagnosis in enumerate(["zero_gradient", None, None]):
        report = make_report(3, check=f"check{number}", title="`square` agrees", message="garbled", diagnosis=diagnosis)
        report["findings"][0]["message"] = "returned_none" if number == 2 else "garbled"
        report["findings"][0]["data"] = {"entry": "square"}
        record(make_submission(make_student(course), assignment), report)

    drawn = teach("dashboard:analytics", assignment.pk).context["charts"]["days"]["series"]

    names = sorted(one["name"] for one in drawn)
    assert names == ["The gradient is zero everywhere.", "square agrees", "square agrees (returned_none)"]


def test_an_exercise_without_quality_checks_is_no_warning(teach, assignment):
    page = page_text(teach("dashboard:exercises"))

    assert '<span class="badge ">Not run on this server</span>' in page


def test_the_gradebook_filters_by_name_and_by_not_started(teach, course, assignment):
    graded(make_student(course, username="ann"), assignment, given=2)
    make_student(course, username="cyd")

    assert names(teach("dashboard:gradebook", data={"q": "AN"})) == ["ann"]
    assert names(teach("dashboard:gradebook", data={"which": "not-begun"})) == ["cyd"]


@pytest.mark.parametrize("query", [{"page": "x"}, {"sort": "--1"}, {"sort": "99999999999999999999"}, {"which": "?"}])
def test_invalid_query_parameters_are_ignored(teach, query):
    assert teach("dashboard:gradebook", data=query).status_code == 200


def test_an_override_is_kept_with_its_reason_and_shown(teach, course, assignment, instructor):
    learner = make_student(course)
    graded(learner, assignment, given=3)

    answer = teach(
        "dashboard:decide",
        assignment.pk,
        learner.pk,
        "override",
        method="post",
        data={"override": "55", "why": "Right idea"},
        follow=True,
    )

    assert "Right idea" in page_text(answer)
    assert "30 → 55" in page_text(answer)
    assert GradeChange.objects.first().by == instructor


def test_an_override_without_a_reason_is_refused(teach, course, assignment):
    learner = make_student(course)
    answer = teach(
        "dashboard:decide", assignment.pk, learner.pk, "override", method="post", data={"override": "55", "why": ""}
    )

    assert answer.status_code == 422
    assert not GradeChange.objects.exists()


def test_a_decision_is_undone_by_its_button(teach, course, assignment, instructor):
    learner = make_student(course)
    change = decide(assignment, learner, action=Action.EXEMPTED, by=instructor, why="Ill", exempt=True)

    teach("dashboard:undo", change.pk, method="post")
    assert not Grade.objects.get(learner=learner).exempt

    again = teach("dashboard:undo", change.pk, method="post", follow=True)
    assert "changed again since" in page_text(again)


def test_the_same_button_undoes_a_regrade_of_one_student(teach, course, assignment, instructor):
    learner = make_student(course)
    graded(learner, assignment, given=3)
    regrade = regrades.start(course, [assignment], by=instructor, why="A check was wrong")
    rerun = regrade.reruns.get()
    regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10))
    (change,) = regrades.apply(regrade, by=instructor)
    address = ("dashboard:grade", assignment.pk, learner.pk)
    assert page_text(teach(*address)).count("Undo <span") == 1

    answer = teach("dashboard:undo", change.pk, method="post", follow=True)

    assert "Undone. The grade is what it was before." in page_text(answer)
    assert Grade.objects.get(learner=learner).final == 30
    assert "Undo <span" not in page_text(teach(*address))


def test_a_submission_page_holds_code_report_and_grade(teach, course, assignment):
    submission = graded(make_student(course), assignment, given=3)

    page = page_text(teach("dashboard:submission", submission.pk))
    assert "Agrees with autograd" in page
    assert '<span class="k">return</span>' in page
    assert "counts" in page


def test_code_that_is_html_stays_page_text(teach, course, assignment):
    submission = make_submission(make_student(course), assignment, source="'<script>alert(1)</script>'")

    assert "<script>alert" not in page_text(teach("dashboard:submission", submission.pk))


def test_new_terms_are_saved_and_grades_are_computed_again(teach, course, assignment):
    learner = make_student(course)
    graded(learner, assignment, given=5)
    form = {"points": "10", "cooldown_seconds": "0", "keeps": "best", "late_percent_per_day": "0", "position": "0"}
    more = {"late_percent_cap": "100", "grace_minutes": "0"}

    answer = teach("dashboard:assignment", assignment.pk, method="post", data=form | more, follow=True)

    assert "1 grade changed." in page_text(answer)
    assert Grade.objects.get(learner=learner).final == 5


def test_dates_out_of_order_are_refused(teach, assignment):
    form = {"points": "10", "cooldown_seconds": "0", "keeps": "best", "late_percent_per_day": "0", "position": "0"}
    moments = {"due_at": "2026-03-02T10:00", "closes_at": "2026-03-01T10:00"}
    more = {"late_percent_cap": "100", "grace_minutes": "0"}

    answer = teach("dashboard:assignment", assignment.pk, method="post", data=form | more | moments)
    assert answer.status_code == 422
    assignment.refresh_from_db()
    assert assignment.points == 100


def test_analytics_show_each_chart_as_a_table_too(teach, course, assignment):
    learner = make_student(course)
    graded(learner, assignment, given=3)
    graded(learner, assignment, given=10)

    answer = teach("dashboard:analytics", assignment.pk)
    figures = answer.context["figures"]
    assert (figures.tried, figures.passed, figures.median_attempts) == (1, 1, 2)
    assert answer.context["charts"]["attempts"]["series"][0]["values"] == [bar.count for bar in figures.attempts]
    assert '<th scope="row">100 %</th><td class="number">1</td>' in page_text(answer)
    assert "1 of 2" in page_text(answer)


def test_analytics_of_an_untouched_exercise_are_empty_not_broken(teach, assignment):
    assert teach("dashboard:analytics", assignment.pk).status_code == 200


def test_exercises_show_the_quality_checks_of_this_version(teach, course, exercises):
    from server.catalogue.exercises import find_exercise

    assert "Not run on this server" in page_text(teach("dashboard:exercises"))
    row = Verification.objects.create(
        slug="gradients/square", digest=find_exercise("gradients/square").digest, at=timezone.now(), passed=True
    )
    assert ">Passed<" in page_text(teach("dashboard:exercises"))

    Verification.objects.filter(pk=row.pk).update(digest="another")
    assert "Changed since the last run" in page_text(teach("dashboard:exercises"))


@pytest.mark.parametrize(("file", "text"), [("exercise.toml", "format = "), ("statement.md", None)])
@pytest.mark.parametrize("page", ["dashboard:exercises", "dashboard:new-assignment"])
def test_a_broken_exercise_is_named_beside_the_others(page, file, text, teach, course, exercises):
    broken = write_exercise(exercises, "gradients/broken") / file
    if text is None:
        broken.unlink()
    else:
        broken.write_text(text)

    shown = teach(page)

    assert shown.status_code == 200
    assert "1 exercise cannot be read." in page_text(shown)
    assert f"{file}" in page_text(shown)
    assert "gradients/square" in page_text(shown)
    assert str(exercises) not in page_text(shown)


def test_an_assignment_of_a_broken_exercise_keeps_its_place(teach, assignment, exercises):
    (exercises / "gradients/square/exercise.toml").write_text("format = ")

    assert "gradients/square" in page_text(teach("dashboard:assignments"))


def test_an_exercise_can_be_read_before_it_is_assigned(teach, course, assignment, exercises):
    write_exercise(exercises, "gradients/cube", title="The cube", statement="Write `cube(x)`: $x^3$.")

    unset = page_text(teach("dashboard:exercise", "gradients/cube"))
    assert "<msup>" in unset
    assert "new?exercise=gradients/cube" in unset
    assert assignment.get_absolute_url() in page_text(teach("dashboard:exercise", "gradients/square"))
    assert teach("dashboard:exercise", "gradients/unheard-of").status_code == 404


def test_submissions_of_an_earlier_version_are_counted(teach, course, assignment, exercises):
    graded(make_student(course), assignment, given=3)
    (exercises / "gradients/square/statement.md").write_text("Another statement")

    assert "1 score is from an earlier version" in page_text(teach("dashboard:exercises"))


def test_ungradable_submissions_have_a_page_too(teach, course, assignment):
    submission = make_submission(make_student(course), assignment)
    record(submission, make_report(0, outcome=Outcome.UNGRADABLE))

    assert teach("dashboard:submission", submission.pk).status_code == 200
