"""How runs end in real sandboxes, and with what evidence."""

import torch

from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program

SHORT = Limits(wall_seconds=2.0, memory_mb=512)


def run(sandbox, source, *calls, entries=("f",), limits=SHORT, progress=None, **program):
    """Make the calls in one run; return the observations and the ending."""
    program = Program(source=source, entries=entries, **program)
    with sandbox.open(program, limits=limits, on_progress=None if progress is None else progress.append) as opened:
        observations = opened.observe(calls)
    return observations, opened.ending


def call(*args, entry="f"):
    return Call(entry=entry, args=args)


def test_every_call_is_answered(sandbox):
    source = "def f(x):\n    return x * 2\n"

    observations, ending = run(sandbox, source, call(torch.ones(2)), call(3))

    assert ending.outcome is Outcome.GRADED
    assert observations[0].value.tolist() == [2.0, 2.0]
    assert observations[1].value == 6


def test_later_calls_run_in_the_same_process(sandbox):
    source = "seen = []\ndef f(x):\n    seen.append(x)\n    return list(seen)\n"

    observations, _ = run(sandbox, source, call(1), call(2))

    assert [each.value for each in observations] == [[1], [1, 2]]


def test_the_next_submission_runs_in_another_process(sandbox):
    source = "import torch\ndef f():\n    before = hasattr(torch, 'mark')\n    torch.mark = True\n    return before\n"

    assert run(sandbox, source, call())[0][0].value is False
    assert run(sandbox, source, call())[0][0].value is False


def test_each_call_gets_fresh_copies_of_its_inputs(sandbox):
    source = "def f(x):\n    x.zero_()\n    return x\n"
    x = torch.ones(2)

    observations, _ = run(sandbox, source, call(x), call(x))

    assert [each.modified for each in observations] == [(0,), (0,)]
    assert x.tolist() == [1.0, 1.0]


def test_a_timeout_names_its_call_and_keeps_earlier_answers(sandbox):
    source = "def f(n):\n    while n == 2: pass\n    return n\n"

    observations, ending = run(sandbox, source, call(0), call(1), call(2), call(3))

    assert ending.outcome is Outcome.TIMED_OUT
    assert ending.unanswered == 2
    assert [each.value for each in observations] == [0, 1]


def test_pythons_memory_error_is_out_of_memory(sandbox):
    _, ending = run(sandbox, "def f(n):\n    return bytearray(n)\n", call(4), call(10**10))

    assert ending.outcome is Outcome.OUT_OF_MEMORY
    assert ending.unanswered == 1


def test_torchs_memory_error_is_out_of_memory(sandbox):
    for source in ("import torch\ndef f():\n    return torch.ones(10**10)\n", "import torch\ntorch.ones(10**10)\n"):
        _, ending = run(sandbox, source, call())

        assert ending.outcome is Outcome.OUT_OF_MEMORY
        assert ending.evidence.get("loading", False) is ("def" not in source)


def test_a_crash_names_its_signal(sandbox):
    _, ending = run(sandbox, "import ctypes\ndef f():\n    ctypes.string_at(0)\n", call())

    assert ending.outcome is Outcome.CRASHED
    assert ending.evidence["signal"] == "SIGSEGV"


def test_an_exit_in_a_call_is_a_crash(sandbox):
    observations, ending = run(sandbox, "import os\ndef f():\n    os._exit(0)\n", call())

    assert ending.outcome is Outcome.CRASHED
    assert observations == []


def test_an_exit_while_loading_is_ungradable(sandbox):
    for source in ("import os\nos._exit(0)\n", "import sys\nsys.exit(3)\n", "exit()\n"):
        _, ending = run(sandbox, source, call())

        assert ending.outcome is Outcome.UNGRADABLE
        assert ending.load_error.type == "SystemExit"


def test_a_syntax_error_names_its_line(sandbox):
    _, ending = run(sandbox, "x = 1\ndef f(:\n", call())

    assert ending.outcome is Outcome.UNGRADABLE
    assert (ending.load_error.type, ending.load_error.line) == ("SyntaxError", 2)


def test_source_that_overflows_the_parser_is_no_error_of_ours(sandbox):
    for source in ("x = " + "(" * 3000 + ")" * 3000, "x = " + "-" * 100_000 + "1", "x = " + "[" * 50_000):
        _, ending = run(sandbox, source, call())

        assert ending.outcome in (Outcome.UNGRADABLE, Outcome.CRASHED, Outcome.OUT_OF_MEMORY)


def test_entries_that_are_missing_are_named(sandbox):
    _, ending = run(sandbox, "def f(): pass\ng = 3\n", call(), entries=("f", "g", "h"))

    assert ending.outcome is Outcome.UNGRADABLE
    assert ending.missing == ("g", "h")


def test_a_traceback_shows_only_the_learners_own_frames(sandbox):
    source = "def f(x):\n    return helper(x)\n\ndef helper(x):\n    return x.reshape(7)\n"

    (observation,), _ = run(sandbox, source, call(torch.ones(2)))

    assert observation.error.type == "RuntimeError"
    assert observation.error.line == 5
    assert observation.error.traceback.splitlines()[:2] == ["line 2, in f", "line 5, in helper"]
    assert "grader" not in observation.error.traceback


def test_a_forbidden_package_cannot_be_imported_by_trickery(sandbox):
    sources = (
        "import safetensors\ndef f(): pass\n",
        "np = __import__('safetensors')\ndef f(): pass\n",
        "exec('import safetensors')\ndef f(): pass\n",
    )
    for source in sources:
        _, ending = run(sandbox, source, call())

        assert ending.outcome is Outcome.UNGRADABLE
        assert ending.load_error.type == "NotAllowed"


def test_torch_cannot_be_imported_if_not_allowed(sandbox):
    source = (
        "import importlib, sys\ndef f():\n    assert 'torch' not in sys.modules\n    importlib.import_module('torch')\n"
    )

    (observation,), _ = run(sandbox, source, call(), imports=())

    assert observation.error.type == "NotAllowed"


def test_a_crashed_run_keeps_its_output(sandbox):
    source = (
        "import os, sys\nprint('one')\nprint('two', file=sys.stderr)\ndef f():\n    print('three')\n    os._exit(1)\n"
    )

    assert run(sandbox, source, call())[1].output == "one\ntwo\nthree\n"


def test_output_is_capped_and_marked_as_capped(sandbox):
    source = "def f():\n    print('x' * 1_000_000)\n"

    _, ending = run(sandbox, source, call(), limits=Limits(output_kb=1))

    assert ending.output == "x" * 1024
    assert ending.output_capped


def test_a_result_that_is_too_large_is_only_a_finding(sandbox):
    source = "import torch\ndef f(n):\n    return torch.zeros(n)\n"

    observations, ending = run(sandbox, source, call(10**6), call(3), limits=Limits(observation_mb=1))

    assert ending.outcome is Outcome.GRADED
    assert observations[0].error.type == "ResultTooLarge"
    assert observations[1].value.tolist() == [0.0, 0.0, 0.0]


def test_progress_names_each_call(sandbox):
    progress = []

    run(sandbox, "def f(x): return x\n", call(1), call(2), call(3), progress=progress)

    # On a busy machine, messages with the time that has passed come between them.
    assert [one for one in progress if "call" in one] == [{"call": 0}, {"call": 1}, {"call": 2}]


def test_losses_are_streamed_if_the_exercise_wants_them(sandbox):
    source = (
        "import torch\n"
        "def f():\n"
        "    w = torch.ones(1, requires_grad=True)\n"
        "    for step in range(40):\n"
        "        ((w * step) ** 2).sum().backward()\n"
    )
    progress = []

    run(sandbox, source, call(), progress=progress, stream_losses=True)

    points = [point for message in progress for point in message.get("loss", ())]
    assert points[:3] == [[0, 0.0], [1, 1.0], [2, 4.0]]
    assert len(points) == 40
    assert points[-1] == [39, 39.0**2]


def test_large_inputs_and_outputs_do_not_block_each_other(sandbox):
    source = "def f(x):\n    print('y' * 60_000)\n    return x + 1\n"
    x = torch.zeros(2_000_000)

    (first, second), ending = run(sandbox, source, call(x), call(x), limits=Limits(wall_seconds=20))

    assert ending.outcome is Outcome.GRADED
    assert torch.equal(first.value, x + 1)
    assert torch.equal(second.value, x + 1)


def test_a_submission_without_calls_ends(sandbox):
    _, ending = run(sandbox, "print('loaded')\ndef f(): pass\n")

    assert ending.outcome is Outcome.GRADED
    assert ending.output == "loaded\n"


def test_output_before_the_last_answer_is_in_the_report(sandbox):
    source = "def f(x):\n    print('a')\n    print('b')\n    return x\n"

    for _ in range(40):
        _, ending = run(sandbox, source, *[call(1)] * 10)

        assert ending.output == "a\nb\n" * 10
