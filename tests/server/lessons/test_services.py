from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown
from server.celery import app
from server.lessons import services, tasks
from server.lessons.errors import NotRun
from server.lessons.models import PATIENCE, SnippetRun
from server.lessons.selectors import get_lesson
from tests.support.people import make_student

pytestmark = pytest.mark.usefixtures("lesson")

SHOWN = Shown(outcome=Outcome.GRADED, output="9\n").to_dict()


@pytest.fixture
def start(student, assignment):
    def start(learner=student):
        text = get_lesson(assignment.course, "squares")
        return services.start(learner=learner, course=assignment.course, lesson=text, sources=["x = 1\n"])

    return start


def answered(run, token=None, shown=SHOWN):
    done = services.record(run=str(run.pk), token=token or run.token, shown=shown)
    run.refresh_from_db()
    return done


def test_an_answer_is_written_once(start):
    run = start()

    assert answered(run)
    assert run.answer.output == "9\n"
    assert not answered(run, shown=SHOWN | {"output": "forged"})
    assert run.answer.output == "9\n"


def test_an_answer_with_another_token_changes_nothing(start):
    run = start()

    assert not answered(run, token="forged")
    assert run.is_waiting


@pytest.mark.parametrize(
    "shown",
    [
        None,
        {},
        [],
        {"outcome": "wonderful"},
        SHOWN | {"score": 10},
        SHOWN | {"line": "first"},
        SHOWN | {"output": "half of a pair \ud800"},
    ],
)
def test_an_empty_answer_ends_the_wait(start, shown):
    run = start()
    answered(run, shown=shown)

    assert not run.is_waiting
    assert run.answer is None


def test_printed_nul_bytes_are_replaced(start):
    run = start()
    answered(run, shown=SHOWN | {"output": "a\0b"})

    assert run.answer.output == "a\ufffdb"


def test_no_more_than_two_runs_wait_at_once(start, assignment):
    start()
    first = start()
    with pytest.raises(NotRun, match="not finished yet"):
        start()

    answered(first)
    start()
    start(make_student(assignment.course))


def test_a_run_that_got_lost_stops_nobody(start):
    start()
    start()
    SnippetRun.objects.update(started_at=timezone.now() - PATIENCE)

    assert start().is_waiting


def test_somebody_who_runs_too_often_is_asked_to_wait(start):
    for _ in range(services.PER_MINUTE):
        answered(start())

    with pytest.raises(NotRun, match="within a minute"):
        start()


def test_without_a_broker_the_reader_is_told_at_once(start, monkeypatch, django_capture_on_commit_callbacks):
    def unreachable(*_, **__):
        raise OperationalError

    monkeypatch.setattr(app, "send_task", unreachable)
    with django_capture_on_commit_callbacks(execute=True):
        run = start()

    run.refresh_from_db()
    assert not run.is_waiting


def test_the_task_writes_what_the_grader_returned(start):
    run = start()

    tasks.record({"run": str(run.pk), "token": run.token, "shown": SHOWN})

    run.refresh_from_db()
    assert run.answer.output == "9\n"


def test_runs_of_yesterday_are_forgotten(start):
    old, fresh = start(), start()
    SnippetRun.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(days=2))

    tasks.forget()

    assert list(SnippetRun.objects.all()) == [fresh]
