"""When cells are kept, replaced and thrown away."""

import threading

import pytest

from grader.errors import SandboxError
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.pool import Policy, SandboxPool
from tests.grader.sandboxes.test_run_session import observation
from tests.support.pretended_engine import Engine

PROGRAM = Program(source="def f(): pass", entries=("f",))


def answers(times=1, **end):
    """A script: answer one call so many times, and end each time as told."""

    def script(keeper):
        for _ in range(times):
            keeper.child_is_ready()
            keeper.child_says(observation(1))
            keeper.say_end(**end)

    return script


@pytest.fixture
def opened():
    sandboxes = []

    def open_(engine, **policy):
        sandboxes.append(SandboxPool(engine, Policy(**policy)))
        return sandboxes[-1]

    yield open_
    for sandbox in sandboxes:
        sandbox.close()


def submit(sandbox):
    """One submission; once this returns, the cell has settled."""
    with sandbox.open(PROGRAM, limits=Limits(wall_seconds=0.2)) as run:
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    return run.ending


def test_a_clean_cell_serves_on(opened):
    # Each answer is written when it is asked for: what a keeper says early would count as speaking out of turn.
    engine = Engine()
    sandbox = opened(engine)

    for _ in range(3):
        with sandbox.open(PROGRAM, limits=Limits()) as run:
            answers()(engine.started[0])
            run.observe([Call(entry="f")])
        sandbox._settling.result()

    assert len(engine.started) == 1
    assert not engine.started[0].stopped


def serve(sandbox, engine, **end):
    with sandbox.open(PROGRAM, limits=Limits(wall_seconds=0.5)) as run:
        keeper = next(keeper for keeper in reversed(engine.started) if keeper.cell is run._cell)
        answers(**end)(keeper)
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    return keeper


def test_a_cell_with_something_left_behind_is_replaced(opened):
    engine = Engine()
    sandbox = opened(engine)

    first = serve(sandbox, engine, survivors=1)
    second = serve(sandbox, engine)

    assert first is not second
    sandbox._cleaner.submit(lambda: None).result()
    assert first.stopped


def test_a_cell_that_never_answers_is_replaced_and_its_successor_warms_meanwhile(opened):
    engine = Engine()
    sandbox = opened(engine)

    with sandbox.open(PROGRAM, limits=Limits(wall_seconds=0.2)) as run:
        engine.started[0].child_is_ready()
        run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.TIMED_OUT
    sandbox._warmer.submit(lambda: None).result()
    assert len(engine.started) == 2


def test_a_worn_cell_serves_on_until_its_replacement_is_warm(opened):
    engine, warm = Engine(), threading.Event()
    sandbox = opened(engine, max_jobs=2)
    first = serve(sandbox, engine)
    sandbox._warmer.submit(warm.wait)

    busy = [serve(sandbox, engine) for _ in range(3)]
    warm.set()
    sandbox._warmer.submit(lambda: None).result()
    second = serve(sandbox, engine)

    assert busy == [first] * 3
    assert second is not first
    sandbox._cleaner.submit(lambda: None).result()
    assert first.stopped
    assert len(engine.started) == 2


def test_a_worn_cell_serves_on_where_its_replacement_fails(opened):
    engine = Engine()
    sandbox = opened(engine, max_jobs=2)
    first = serve(sandbox, engine)
    engine.failures = 1

    worn = []
    for _ in range(2):
        worn.append(serve(sandbox, engine))
        sandbox._warmer.submit(lambda: None).result()
    second = [serve(sandbox, engine) for _ in range(2)][-1]

    assert worn == [first] * 2
    assert second is not first


@pytest.mark.parametrize(("single_use", "policy"), [(True, {}), (False, {"reuse": False})])
def test_where_cells_are_not_reused_each_submission_takes_a_spare(opened, single_use, policy):
    engine = Engine(single_use=single_use)
    sandbox = opened(engine, **policy)

    keepers = [serve(sandbox, engine) for _ in range(3)]

    assert len(set(map(id, keepers))) == 3


def test_spares_are_kept_as_many_as_asked_for(opened):
    engine = Engine()
    sandbox = opened(engine, reuse=False, spares=3)

    serve(sandbox, engine)
    sandbox._warmer.submit(lambda: None).result()

    assert len(engine.started) == 4


def test_a_cell_that_died_between_submissions_is_replaced_without_a_word(opened):
    engine = Engine()
    sandbox = opened(engine)
    first = serve(sandbox, engine)

    first.die()
    second = serve(sandbox, engine)

    assert second is not first


def test_a_cell_that_cannot_be_started_is_our_trouble_and_the_next_try_may_succeed(opened):
    engine = Engine(failures=2)
    sandbox = opened(engine)

    with pytest.raises(SandboxError, match="no more sandboxes"):
        serve(sandbox, engine)

    assert serve(sandbox, engine) is engine.started[0]


def test_a_cell_that_could_not_start_beside_a_submission_may_after_it(opened):
    engine = Engine()
    sandbox = opened(engine, max_jobs=1, spares=1)
    serve(sandbox, engine)
    engine.failures = 1

    assert [serve(sandbox, engine) for _ in range(2)] == engine.started[1:3]


def test_a_cell_with_a_gpu_starts_once_the_one_before_it_has_gone(opened):
    engine, gone = Engine(), threading.Event()
    engine.device = "cuda"
    sandbox = opened(engine)
    sandbox.warm_up()
    sandbox._cleaner.submit(gone.wait)

    sandbox._throw_away(sandbox._cell, "unclean")
    sandbox._prepare(1)
    waiting = len(engine.started)
    gone.set()
    sandbox._warmer.submit(lambda: None).result()

    assert (waiting, len(engine.started)) == (1, 2)


def test_an_exception_of_the_grader_ends_the_cell(opened):
    engine = Engine()
    sandbox = opened(engine)

    with pytest.raises(ZeroDivisionError), sandbox.open(PROGRAM, limits=Limits()):
        _ = 1 / 0
    sandbox._settling.result()
    sandbox._cleaner.submit(lambda: None).result()

    assert engine.started[0].stopped


def test_warming_up_waits_for_the_cell_that_serves_first(opened):
    engine = Engine()
    sandbox = opened(engine)

    sandbox.warm_up()

    assert serve(sandbox, engine) is engine.started[0]
    assert len(engine.started) == 1


def test_warming_up_tells_that_nothing_starts(opened):
    sandbox = opened(Engine(failures=2))

    with pytest.raises(SandboxError, match="no more sandboxes"):
        sandbox.warm_up()


def test_closing_stops_everything(opened):
    engine = Engine()
    sandbox = opened(engine, reuse=False, spares=2)
    serve(sandbox, engine)

    sandbox.close()

    assert all(keeper.stopped for keeper in engine.started)


def test_who_wants_to_know_is_told_why_a_cell_was_thrown_away():
    engine, reasons = Engine(), []
    sandbox = SandboxPool(engine, Policy(reuse=False), on_replaced=reasons.append)

    serve(sandbox, engine)
    sandbox._settling.result()
    sandbox.close()

    assert reasons == ["used"]


def test_closing_where_no_cell_started_leaves_nothing_to_stop(opened):
    engine = Engine(failures=1)

    opened(engine).close()

    assert (engine.failures, engine.started) == (0, [])


def test_cells_that_die_as_fast_as_they_are_started_are_our_trouble(opened):
    engine = Engine(script=lambda keeper: keeper.die())
    sandbox = opened(engine)

    with pytest.raises(SandboxError, match="died one after another"):
        serve(sandbox, engine)
