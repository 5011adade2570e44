import json

import pytest
from celery.exceptions import Reject

from grader.errors import NoSandbox, SandboxError
from grader.grading.snippet_run import run_snippet
from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown, Snippet
from grader.sandboxes.base import Ending
from grader.worker import sandbox_pool, tasks


def snippet(*sources):
    return Snippet(run="r1", token="t1", sources=sources)


def show(inline, *sources):
    return run_snippet(snippet(*sources), sandbox=inline)


def test_only_what_the_last_block_prints_is_shown(inline):
    shown = show(inline, "x = 2\nprint('first')\n", "print(3 * x)\n")

    assert shown == Shown(outcome=Outcome.GRADED, output="6\n")


@pytest.mark.parametrize("before", [(), ("x = 1\n",), ("x = 1\n", "y = 2\n")])
def test_an_error_has_its_line_and_the_output_before(inline, before):
    shown = show(inline, *before, "print('so far')\n\n1 / 0\n")

    assert shown.output == "so far\n"
    assert (shown.error, shown.line, shown.earlier) == ("ZeroDivisionError: division by zero", 3, False)


@pytest.mark.parametrize("before", [(), ("x = 1\n",)])
def test_a_syntax_error_has_its_line_in_the_block(inline, before):
    shown = show(inline, *before, "x = 1\nx = (\n")

    assert (shown.error, shown.line) == ("SyntaxError: '(' was never closed", 2)


@pytest.mark.parametrize("broken", ["1 / 0\n", "x = (\n"])
def test_an_error_of_an_earlier_block_is_called_that(inline, broken):
    shown = show(inline, broken, "print('never')\n")

    assert (shown.line, shown.earlier, shown.output) == (None, True, "")


def test_an_exception_without_words_is_told_by_its_name(inline):
    assert show(inline, "raise ValueError\n").error == "ValueError"


def test_what_crosses_the_queue_comes_back_the_same():
    sent, answer = snippet("a", "b"), Shown(outcome=Outcome.TIMED_OUT, output="x", capped=True)

    assert Snippet.from_dict(json.loads(json.dumps(sent.to_dict()))) == sent
    assert Shown.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer
    with pytest.raises(ValueError, match="course"):
        Snippet.from_dict(sent.to_dict() | {"course": "x"})


def test_the_task_answers_with_its_token(inline, monkeypatch):
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": inline})

    answer = json.loads(json.dumps(tasks.run_snippet_task(snippet("print(1)").to_dict())))

    assert (answer["run"], answer["token"], answer["shown"]["output"]) == ("r1", "t1", "1\n")


class Broken:
    name = "broken"
    closed = False
    ending = Ending(outcome=Outcome.GRADED)

    def __init__(self, kind=SandboxError):
        self.kind = kind

    def open(self, *_, **__):
        raise self.kind("the engine went away")

    def close(self):
        self.closed = True


def test_a_broken_engine_shows_nothing(monkeypatch):
    broken = Broken()
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": broken})

    assert tasks.run_snippet_task(snippet("print(1)").to_dict())["shown"] is None
    assert broken.closed


def test_if_no_sandbox_starts_the_snippet_is_requeued(monkeypatch):
    broken = Broken(NoSandbox)
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": broken})
    monkeypatch.setattr(tasks, "REQUEUE_SECONDS", 0)

    with pytest.raises(Reject) as rejected:
        tasks.run_snippet_task(snippet("print(1)").to_dict())

    assert rejected.value.requeue
    assert broken.closed
