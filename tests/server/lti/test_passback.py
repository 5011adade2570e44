"""Sending grades to the LMS: one test for each measured platform behaviour, then outages and random histories."""

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.gradebook import releases
from server.gradebook.errors import Invalid
from server.gradebook.models import Action, Grade
from server.gradebook.services import change_terms, decide, undo
from server.lti.errors import ServiceError
from server.lti.grades import line_items, passback, reconciliation
from server.lti.models import Family, Identity, LineItem, LmsCourse, Passback, PassbackState, PassbackTry
from server.lti.platform import claims as c
from server.lti.platform import keys, service_client
from server.lti.platform.paging import next_page
from server.outbox.http_client import Answer
from server.regrades import services as regrades
from server.regrades.errors import RegradeError
from server.submissions.services import give_up
from tests.support.lms.double import StoredGrade
from tests.support.people import graded, make_assignment, make_member, make_report, make_submission

pytestmark = pytest.mark.django_db

START = "2026-03-02 09:00:00+00:00"


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def column(double):
    return double.add_column()


@pytest.fixture
def learner(clock, browser, assignment, column):
    """A student who launched the activity, which has its own column."""
    browser.launch(exercise=assignment.slug, line_item=column)
    return Identity.objects.get(sub="s1").user


@pytest.fixture
def teacher(assignment):
    return make_member(assignment.course, "instructor")


def run(clock, *, minutes=0, steps=1):
    """Let time pass and send what is due, `steps` times; two seconds a step if `minutes` is 0."""
    for _ in range(steps):
        clock.shift(timedelta(minutes=minutes) if minutes else timedelta(seconds=2))
        for pk in passback.due():
            passback.send(pk)


def only_passback():
    return Passback.objects.get()


def override(assignment, learner, teacher, points):
    return decide(assignment, learner, action=Action.OVERRIDDEN, by=teacher, why="Oral exam", override=points)


def test_a_grade_arrives(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)

    assert double.share("s1") == pytest.approx(0.7)
    assert only_passback().state == PassbackState.SENT
    assert only_passback().sent_given == 70


# Measured behaviours of platforms, one test each


def test_scores_go_into_the_path_of_the_line_item_url(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)

    assert ("POST", "/lineitems/1/lineitem/scores") in [request[:2] for request in double.requests]
    assert line_items.under("https://lms.example/a?type_id=1", "results", user_id="7") == (
        "https://lms.example/a/results?type_id=1&user_id=7"
    )


def test_accept_has_exactly_one_media_type(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)
    reconciliation.reconcile(LineItem.objects.get())

    accepted = [headers.get("Accept", "") for _, path, headers, _ in double.requests if "lineitem" in path]
    assert accepted
    assert all("," not in accept for accept in accepted)


def test_our_own_points_and_maximum_are_sent(clock, learner, assignment, double):
    double.columns[1].maximum = 5
    graded(learner, assignment, 7)
    run(clock)

    assert (double.scores[0]["scoreGiven"], double.scores[0]["scoreMaximum"]) == (70, 100)
    assert double.columns[1].maximum == 5
    assert double.share("s1") == pytest.approx(0.7)


def test_timestamps_increase_and_are_never_in_the_future(clock, learner, assignment, teacher, double):
    graded(learner, assignment, 7)
    for pk in passback.due():
        passback.send(pk)
    for points in (10, 20, 30):
        override(assignment, learner, teacher, points)
        for pk in passback.due():
            passback.send(pk)
    assert len(double.scores) == 1
    run(clock)

    assert double.share("s1") == pytest.approx(0.3)
    timestamps = [score["timestamp"] for score in double.scores]
    assert timestamps == sorted(set(timestamps))
    assert all(datetime.fromisoformat(timestamp) <= timezone.now() for timestamp in timestamps)


@pytest.mark.parametrize("canvas", [False, True])
def test_a_score_without_a_response_is_resent_with_its_timestamp(clock, learner, assignment, double, canvas):
    double.canvas, double.accept_then_hang_up = canvas, 1
    graded(learner, assignment, 7)
    run(clock)
    assert only_passback().state == PassbackState.PENDING
    run(clock, minutes=1)

    assert only_passback().state == PassbackState.SENT
    assert len({score["timestamp"] for score in double.scores}) == 1
    assert PassbackTry.objects.last().status == (400 if canvas else 409)


def test_a_later_foreign_score_is_listed_and_not_overwritten(clock, learner, assignment, double):
    later = int(timezone.now().timestamp()) + 3600
    double.columns[1].grades["s1"] = StoredGrade(given=95.0, second=later)
    graded(learner, assignment, 7)
    run(clock)

    assert only_passback().state == PassbackState.DIFFERS
    assert "from somebody else" in only_passback().words
    assert double.share("s1") == pytest.approx(0.95)


def test_our_older_score_is_replaced_after_a_clock_change(clock, learner, assignment, teacher, double):
    graded(learner, assignment, 7)
    run(clock)
    double.columns[1].grades["s1"].second += 30  # as if our clock went back
    override(assignment, learner, teacher, 40)
    run(clock)
    run(clock, minutes=1, steps=3)

    assert double.share("s1") == pytest.approx(0.4)
    assert only_passback().state == PassbackState.SENT


def test_only_final_grades_are_sent(clock, learner, assignment, teacher, double):
    graded(learner, assignment, 7)
    make_submission(learner, assignment)  # not graded yet
    run(clock)
    decide(assignment, learner, action=Action.EXEMPTED, by=teacher, why="Ill", exempt=True)
    run(clock, minutes=5, steps=3)

    assert {score["gradingProgress"] for score in double.scores} == {"FullyGraded"}
    assert all("scoreGiven" in score for score in double.scores)
    assert double.share("s1") == pytest.approx(0.7)
    assert only_passback().state == PassbackState.WITHHELD


def test_nothing_is_sent_after_a_grading_error(clock, learner, assignment, double):
    give_up(make_submission(learner, assignment))
    run(clock, minutes=5, steps=3)

    assert double.scores == []
    assert not Passback.objects.exists()


def test_an_existing_column_is_found_before_one_is_made(clock, browser, assignment, double):
    browser.launch(exercise=assignment.slug)
    learner = Identity.objects.get().user
    graded(learner, assignment, 7)
    run(clock)
    LineItem.objects.update(url="", ours=False)  # as if we crashed after making the column, before storing its address
    passback.resend([only_passback()])
    run(clock)

    assert len(double.columns) == 1
    assert LineItem.objects.get().url == double.address(1)
    assert only_passback().state == PassbackState.SENT


def test_a_worker_waits_if_another_makes_the_column(clock, browser, assignment, double):
    browser.launch(exercise=assignment.slug)
    LineItem.objects.update(making_until=timezone.now() + timedelta(minutes=1))
    graded(Identity.objects.get().user, assignment, 7)
    run(clock)
    assert (len(double.columns), only_passback().state) == (0, PassbackState.PENDING)
    run(clock, minutes=2)

    assert (len(double.columns), only_passback().state) == (1, PassbackState.SENT)


def test_no_column_is_ever_deleted(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)
    assert reconciliation.reconcile(LineItem.objects.get()) == []
    assignment.lti_links.all().delete()
    run(clock)

    assert "DELETE" not in {method for method, *_ in double.requests}


@pytest.mark.parametrize(
    "link",
    ['<{url}/members?page=2&amp;x=1>; rel="next"', "<{url}/members?page=2>; rel=“next”", "</members?page=2>; rel=next"],
)
def test_link_headers_with_entities_and_curly_quotes_are_read(double, platform, link):
    answer = Answer(status=200, headers={"link": link.format(url=double.url)})

    assert next_page(answer, f"{double.url}/members").startswith(f"{double.url}/members?page=2")


def test_the_next_page_on_another_server_gets_no_token(double, platform):
    with pytest.raises(ServiceError, match="another server"):
        next_page(Answer(status=200, headers={"link": '<https://evil.example/>; rel="next"'}), double.url)


def test_scores_of_staff_are_not_sent(clock, browser, assignment, double, column):
    browser.launch(sub="t1", roles=["Instructor"], exercise=assignment.slug, line_item=column)
    graded(Identity.objects.get(sub="t1").user, assignment, 7)
    run(clock)

    assert double.scores == []
    assert not Passback.objects.exists()


def test_a_score_of_an_unknown_user_fails_for_good(clock, learner, assignment, double):
    double.people = {}
    graded(learner, assignment, 7)
    run(clock)
    run(clock, minutes=600, steps=3)

    assert only_passback().state == PassbackState.FAILED
    assert "Incorrect user for this resource" in only_passback().words
    assert len(double.scores) == 1


# Temporary and lasting failures


@pytest.mark.parametrize(
    "answer",
    [
        (429, {}, {"Retry-After": "7200"}),
        (503, {}, {"Retry-After": "7200"}),
        (502, {}),
        (504, {}),
        (403, {"error": "slow down"}, {"X-Rate-Limit-Remaining": "0"}),
        None,
    ],
    ids=str,
)
def test_temporary_failures_are_retried(clock, learner, assignment, double, answer):
    platform = Identity.objects.get().platform
    service_client.token(platform, [c.SCORE])
    double.answers = [answer]
    graded(learner, assignment, 7)
    run(clock)
    assert only_passback().state == PassbackState.PENDING
    if answer and answer[0] in {429, 503}:
        assert only_passback().due_at >= timezone.now() + timedelta(minutes=119)
    run(clock, minutes=150)

    assert double.share("s1") == pytest.approx(0.7)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422, 301])
def test_lasting_failures_are_not_retried(clock, learner, assignment, double, status):
    service_client.token(Identity.objects.get().platform, [c.SCORE])
    double.answers = [(status, {"error": "never"}, {"Location": "http://127.0.0.1:1/"})]
    graded(learner, assignment, 7)
    run(clock)

    assert only_passback().state == PassbackState.FAILED
    assert double.scores == []


def test_a_refused_token_is_replaced_once(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)
    double.tokens.clear()
    passback.resend([only_passback()])
    run(clock)

    assert only_passback().state == PassbackState.SENT
    # One for scores, one for results, and each of them once again.
    assert [path for _, path, *_ in double.requests].count("/token") == 4


def test_a_token_is_reused_until_it_expires(clock, learner, assignment, teacher, double):
    graded(learner, assignment, 7)
    run(clock)
    for points in (10, 20, 30):
        override(assignment, learner, teacher, points)
        run(clock)

    # One for scores, one for results.
    assert [path for _, path, *_ in double.requests].count("/token") == 2


def test_an_outage_of_an_hour_loses_and_repeats_nothing(clock, learner, assignment, teacher, double):
    double.down = True
    for points in (10, 20, 30, 40):
        override(assignment, learner, teacher, points)
        run(clock, minutes=15)
    double.down = False
    run(clock, minutes=60, steps=3)

    assert double.share("s1") == pytest.approx(0.4)
    assert [score["scoreGiven"] for score in double.scores] == [40]


def test_a_rotation_of_our_keys_loses_no_score(clock, learner, assignment, teacher, double):
    override(assignment, learner, teacher, 10)
    run(clock)
    keys.rotate()  # the platform need not fetch our keys again: the new one was published before
    double.tokens.clear()
    override(assignment, learner, teacher, 20)
    run(clock)
    assert double.share("s1") == pytest.approx(0.2)
    keys.finish()
    double.published = keys.key_set()
    double.tokens.clear()
    override(assignment, learner, teacher, 30)
    run(clock)

    assert double.share("s1") == pytest.approx(0.3)
    assert only_passback().state == PassbackState.SENT


def test_a_score_is_sent_again_after_its_worker_died(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    clock.shift(2)
    assert passback.SENDER._claim(only_passback().pk) is not None
    assert passback.send(only_passback().pk) is None  # another worker has claimed it
    run(clock, minutes=10)

    assert double.share("s1") == pytest.approx(0.7)


def test_a_change_during_sending_is_sent_afterwards(clock, learner, assignment, teacher, double):
    graded(learner, assignment, 7)
    clock.shift(2)
    claimed = passback.SENDER._claim(only_passback().pk)
    override(assignment, learner, teacher, 20)
    passback.SENDER.settle(claimed, passback.SENDER.send(claimed))
    assert only_passback().state == PassbackState.PENDING
    run(clock)

    assert double.share("s1") == pytest.approx(0.2)


# Which grades go into which column


def test_a_changed_maximum_is_sent_as_a_new_score(clock, learner, assignment, teacher, double):
    override(assignment, learner, teacher, 50)
    run(clock)
    assignment.points = 200
    change_terms(assignment, by=teacher)
    run(clock)

    assert double.share("s1") == pytest.approx(0.25)


def test_a_grade_before_the_first_launch_is_sent_after_it(clock, browser, assignment, double, column):
    from tests.support.people import make_student

    earlier = make_student(assignment.course, external_id="s1", password=None)
    graded(earlier, assignment, 7)
    browser.launch(exercise=assignment.slug, line_item=column)
    run(clock)

    assert double.share("s1") == pytest.approx(0.7)


def test_two_activities_with_own_columns_both_get_the_grade(clock, learner, browser, assignment, double):
    browser.launch(exercise=assignment.slug, link="link-2", line_item=double.add_column())
    graded(learner, assignment, 7)
    run(clock)

    assert [double.share("s1", number) for number in (1, 2)] == [pytest.approx(0.7)] * 2


def test_another_assignments_grade_stays_out_of_the_column(clock, learner, assignment, double):
    graded(learner, make_assignment(assignment.course, slug="gradients/cube"), 7)
    run(clock)

    assert double.scores == []


def test_an_assignment_without_points_is_never_sent(clock, learner, assignment, teacher, double):
    assignment.points = 0
    change_terms(assignment, by=teacher)
    graded(learner, assignment, 7)
    run(clock)

    assert double.scores == []


def test_canvas_gets_the_submission_time_and_new_submission_flag(clock, learner, assignment, teacher, double, platform):
    type(platform).objects.update(family=Family.CANVAS)
    handed_in = graded(learner, assignment, 7).submitted_at
    run(clock)
    override(assignment, learner, teacher, 80)
    run(clock)

    first, second = double.scores
    assert first["submission"]["submittedAt"] == line_items.timestamp(handed_in)
    assert [score[line_items.CANVAS]["new_submission"] for score in (first, second)] == [True, False]


def test_nothing_is_sent_to_a_disabled_platform(clock, learner, assignment, double, platform):
    type(platform).objects.update(enabled=False)
    graded(learner, assignment, 7)
    run(clock)

    assert (double.scores, passback.send(only_passback().pk)) == ([], None)


def test_nothing_is_sent_to_a_private_address(clock, learner, assignment, double, settings):
    settings.LTI_ALLOW_PRIVATE = False
    graded(learner, assignment, 7)
    run(clock)

    assert double.scores == []
    assert only_passback().state == PassbackState.PENDING
    assert "https://" in only_passback().words


def test_a_grade_that_is_rolled_back_is_not_sent(clock, learner, assignment, double):
    with transaction.atomic():
        graded(learner, assignment, 7)
        transaction.set_rollback(True)

    assert not Passback.objects.exists()


# Reconciliation


def test_reconciling_lists_differences_and_changes_no_lms_grade(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)
    double.columns[1].grades["s1"].given = 12.0
    double.columns[1].grades["s9"] = StoredGrade(given=50.0)
    found = reconciliation.reconcile(LineItem.objects.get())

    assert [(one.ours, one.theirs) for one in sorted(found, key=lambda one: one.theirs)] == [(0.7, 0.12), (None, 0.5)]
    assert double.share("s1") == pytest.approx(0.12)
    assert only_passback().state == PassbackState.DIFFERS

    passback.resend([only_passback()])
    run(clock)
    assert double.share("s1") == pytest.approx(0.7)
    assert [one.who for one in reconciliation.reconcile(LineItem.objects.get())] == ["s9"]


def test_a_grade_withdrawn_here_is_listed_as_a_difference(clock, learner, assignment, teacher, double):
    change = override(assignment, learner, teacher, 50)
    run(clock)
    undo(change, by=teacher, why="A slip")
    run(clock)

    assert [(one.ours, one.theirs) for one in reconciliation.reconcile(LineItem.objects.get())] == [(None, 0.5)]


# Random histories

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grade"), st.integers(0, 10)),
        st.tuples(st.just("override"), st.integers(0, 100)),
        st.tuples(st.just("points"), st.sampled_from([50, 100, 200])),
        st.tuples(st.just("exempt"), st.booleans()),
        st.tuples(st.just("regrade"), st.integers(0, 10)),
        st.tuples(st.just("grading error"), st.none()),
        st.tuples(st.just("down"), st.booleans()),
        st.tuples(st.just("hang up"), st.integers(1, 2)),
        st.tuples(st.just("answer"), st.sampled_from([429, 502, 503, 504])),
        st.tuples(st.just("tokens end"), st.none()),
        st.tuples(st.just("keys change"), st.none()),
        st.tuples(st.just("canvas"), st.booleans()),
        st.tuples(st.just("send"), st.integers(0, 40)),
        st.tuples(st.just("send at once"), st.none()),
        st.tuples(st.just("resend"), st.none()),
    ),
    min_size=1,
    max_size=12,
)


def regrade(assignment, teacher, given):
    """Grade every submission again, with the same points for each, and apply the results."""
    preview = regrades.start(assignment.course, [assignment], by=teacher, why="A check was wrong")
    for rerun in preview.reruns.all():
        regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(given))
    regrades.apply(preview, by=teacher)


def share_here(learner, assignment):
    """The share of the points that counts here now; None if no grade counts."""
    grade = Grade.objects.filter(assignment=assignment, learner=learner).first()
    return None if grade is None or grade.final is None else line_items.share(grade.final, assignment.points)


def do(step, value, *, clock, learner, assignment, teacher, double):  # noqa: PLR0912 one branch for each step
    match step:
        case "grade":
            graded(learner, assignment, value)
        case "override":
            override(assignment, learner, teacher, min(value, assignment.points))
        case "points":
            assignment.points = value
            change_terms(assignment, by=teacher)
        case "regrade":
            regrade(assignment, teacher, value)
        case "grading error":
            give_up(make_submission(learner, assignment))
        case "exempt":
            decide(assignment, learner, action=Action.EXEMPTED, by=teacher, why="Ill", exempt=value)
        case "down":
            double.down = value
        case "hang up":
            double.accept_then_hang_up = value
        case "answer":
            double.answers.append((value, {}))
        case "tokens end":
            double.tokens.clear()
        case "keys change":
            keys.rotate()
            double.published = keys.key_set()
        case "canvas":
            double.canvas = value
        case "send":
            run(clock, minutes=value)
        case "send at once":
            for pk in passback.due():
                passback.send(pk)
        case "resend":
            passback.resend(Passback.objects.exclude(given=None))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_lms_grade_matches_after_any_history(steps, clock, learner, assignment, teacher, double):
    assignment.refresh_from_db()
    with transaction.atomic():
        for stored in double.columns[1].grades.values():
            stored.given = None
        double.down, double.canvas, double.accept_then_hang_up, double.answers = False, False, 0, []
        double.scores.clear()
        possible = set()
        for step, value in steps:
            before, sent = share_here(learner, assignment), len(double.scores)
            with suppress(Invalid, RegradeError):  # more points than the new maximum, or nothing to grade again
                do(step, value, clock=clock, learner=learner, assignment=assignment, teacher=teacher, double=double)
            if step == "grading error":
                assert (share_here(learner, assignment), len(double.scores)) == (before, sent)
            possible.add(share_here(learner, assignment))
        double.down, double.accept_then_hang_up, double.answers = False, 0, []
        run(clock, minutes=60 * 24, steps=4)

        here = share_here(learner, assignment)
        if here is not None:
            assert line_items.are_equal(double.share("s1"), here)
            assert only_passback().state == PassbackState.SENT
        assert all(score["gradingProgress"] == "FullyGraded" and score["userId"] == "s1" for score in double.scores)
        assert {line_items.share(score["scoreGiven"], score["scoreMaximum"]) for score in double.scores} <= possible
        transaction.set_rollback(True)
    clock.shift(timedelta(days=1))


def test_a_score_is_sent_as_json(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    run(clock)
    (body,) = [body for method, path, _, body in double.requests if path.endswith("/scores")]

    assert json.loads(body)["userId"] == "s1"
    assert LmsCourse.objects.get().title == "Calculus by machine"


# Results that are held back, and points above the maximum


def hold(assignment, *, held=True):
    assignment.results_held = held
    change_terms(assignment, by=None)


def test_nothing_held_goes_to_the_platform_until_release(clock, learner, assignment, double, teacher):
    hold(assignment)
    graded(learner, assignment, 7)
    override(assignment, learner, teacher, 71)
    run(clock, steps=3)
    passback.resend([only_passback()])
    run(clock, steps=3)
    assert (double.scores, only_passback().state) == ([], PassbackState.WITHHELD)

    releases.release(assignment, by=teacher)
    run(clock)

    assert double.share("s1") == pytest.approx(0.71)
    assert only_passback().state == PassbackState.SENT


def test_what_waits_when_the_hold_begins_is_not_sent(clock, learner, assignment, double):
    graded(learner, assignment, 7)
    hold(assignment)
    run(clock, steps=3)
    assert double.scores == []

    hold(assignment, held=False)
    run(clock)

    assert double.share("s1") == pytest.approx(0.7)


def test_points_above_the_maximum_are_sent_as_they_are(clock, learner, assignment, double, teacher):
    assignment.bonus_points = 10
    change_terms(assignment, by=teacher)

    override(assignment, learner, teacher, 110)
    run(clock)

    assert (double.scores[-1]["scoreGiven"], double.scores[-1]["scoreMaximum"]) == (110, 100)
    assert only_passback().state == PassbackState.SENT
