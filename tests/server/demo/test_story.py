"""The demo story with made-up reports. `make demo` tests it with the real grader and a sandbox."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F

from server.accounts.models import User
from server.comments.models import Comment
from server.demo import reports, story
from server.demo.course import make_demo
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import refresh
from server.regrade_requests.models import RegradeRequest, RequestState
from server.regrades.models import Regrade, Stage
from server.submissions.models import Submission
from tests.support.people import make_report, make_submission, write_exercise


@pytest.fixture
def empty(db, exercises, monkeypatch):
    """The demo course before its story, with reports that no grader made."""
    for slug in ("tracking/first", story.BROKEN, "gradients/square"):
        package = write_exercise(exercises, slug)
        (package / "checks.py").write_text(story.BROKEN_CODE[0])
        (package / "mistakes").mkdir()
        (package / "mistakes/wrong.py").write_text("def square(x):\n    return x\n")

    def stand_in(package, sources, *, root=None):
        return {
            name: make_report(2 if "mistakes" in name else 8 if root else 10, slug=package.slug) for name in sources
        }

    monkeypatch.setattr(story, "reports_of", stand_in)
    monkeypatch.setattr(story, "BREATH", 0)
    return make_demo()


def grades_are_up_to_date(course):
    for assignment in course.assignments.all():
        assert refresh(assignment) == []


def every_kind_of_change_happens_and_names_its_author(course):
    # In the demo no terms change and nobody has two accounts.
    shown = set(Action) - {Action.TERMS, Action.MERGED}
    assert set(GradeChange.objects.values_list("action", flat=True)) == shown
    assert not GradeChange.objects.filter(by=None).exclude(action=Action.GRADED).exists()


def a_regrade_corrected_the_wrong_check(course):
    regrade = Regrade.objects.get()

    assert regrade.state == Stage.APPLIED
    assert regrade.reruns.filter(changes=True, old_given=8, given=10).exists()


def a_thread_on_a_line_has_an_answer(course):
    talk = Comment.objects.exclude(first_line=None)

    assert talk.count() == 3
    assert talk.filter(author=F("submission__learner")).count() == 1
    assert Comment.objects.filter(first_line=None, author=F("submission__learner")).exists()


def a_regrade_request_is_open_and_one_is_answered(course):
    states = RegradeRequest.objects.order_by("state").values_list("state", flat=True)

    assert list(states) == [RequestState.CHANGED, RequestState.OPEN]


def student1_has_no_work_and_is_never_late(course):
    assert not Submission.objects.filter(learner__username__in=story.FRESH).exists()
    late = Grade.objects.filter(learner__username="student1", due_at__isnull=True)
    assert not late.exists()


FACTS = (
    grades_are_up_to_date,
    every_kind_of_change_happens_and_names_its_author,
    a_regrade_corrected_the_wrong_check,
    a_thread_on_a_line_has_an_answer,
    a_regrade_request_is_open_and_one_is_answered,
    student1_has_no_work_and_is_never_late,
)


@pytest.mark.walk
def test_the_story_shows_all_that_a_course_has(empty, subtests):
    # The story takes long, so it is told once for all facts.
    story.play(empty, say=lambda _: None)

    for fact in FACTS:
        with subtests.test(fact.__name__):
            fact(empty)


@pytest.mark.walk
def test_the_story_comes_once_whatever_visitors_do(empty):
    visitor = User.objects.get(username="student1")
    make_submission(visitor, empty.assignments.first())

    call_command("demo_story", stdout=StringIO())
    told = Submission.objects.count()
    call_command("demo_story", stdout=StringIO())

    assert told > 20
    assert Submission.objects.count() == told
    assert Submission.objects.filter(learner=visitor).count() == 1


def test_samples_are_the_solution_the_alternatives_and_the_mistakes(exercises):
    from grader.packages.catalogue import find_package

    package = write_exercise(exercises, "gradients/square")
    (package / "alternatives").mkdir()
    (package / "alternatives/other.py").write_text("x")

    assert set(reports.samples(find_package("gradients/square"))) == {"solution", "alternatives/other"}
