"""When instances are reused, replaced and discarded."""

import threading

import pytest

from grader.errors import NoSandbox, RunCancelled, SandboxError
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.pool import Policy, SandboxPool
from tests.grader.sandboxes.test_run_session import observation
from tests.support.fake_engine import FakeEngine

PROGRAM = Program(source="def f(): pass", entries=("f",))


def answers(times=1, **end):
    """A script that answers one call `times` times and ends each time like `end`."""

    def script(supervisor):
        for _ in range(times):
            supervisor.child_is_ready()
            supervisor.send_from_child(observation(1))
            supervisor.send_end(**end)

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
    """Run one submission and wait until its instance has settled."""
    with sandbox.open(PROGRAM, limits=Limits(wall_seconds=0.2)) as run:
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    return run.ending


def test_a_clean_instance_is_reused(opened):
    # Send each answer after its call: a frame before it would count as a frame between submissions.
    engine = FakeEngine()
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
        supervisor = next(supervisor for supervisor in reversed(engine.started) if supervisor.instance is run._instance)
        answers(**end)(supervisor)
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    return supervisor


def test_an_instance_with_residue_is_replaced(opened):
    engine = FakeEngine()
    sandbox = opened(engine)

    first = serve(sandbox, engine, leaked_processes=1)
    second = serve(sandbox, engine)

    assert first is not second
    sandbox._stopper.submit(lambda: None).result()
    assert first.stopped


def test_the_next_instance_starts_while_a_submission_times_out(opened):
    engine = FakeEngine()
    sandbox = opened(engine)

    with sandbox.open(PROGRAM, limits=Limits(wall_seconds=0.2)) as run:
        engine.started[0].child_is_ready()
        run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.TIMED_OUT
    sandbox._starter.submit(lambda: None).result()
    assert len(engine.started) == 2


def test_a_worn_instance_serves_until_its_replacement_is_warm(opened):
    engine, warm = FakeEngine(), threading.Event()
    sandbox = opened(engine, max_jobs=2)
    first = serve(sandbox, engine)
    sandbox._starter.submit(warm.wait)

    busy = [serve(sandbox, engine) for _ in range(3)]
    warm.set()
    sandbox._starter.submit(lambda: None).result()
    second = serve(sandbox, engine)

    assert busy == [first] * 3
    assert second is not first
    sandbox._stopper.submit(lambda: None).result()
    assert first.stopped
    assert len(engine.started) == 2


def test_a_worn_instance_serves_on_if_its_replacement_fails(opened):
    engine = FakeEngine()
    sandbox = opened(engine, max_jobs=2)
    first = serve(sandbox, engine)
    engine.failures = 1

    worn = []
    for _ in range(2):
        worn.append(serve(sandbox, engine))
        sandbox._starter.submit(lambda: None).result()
    second = [serve(sandbox, engine) for _ in range(2)][-1]

    assert worn == [first] * 2
    assert second is not first


@pytest.mark.parametrize(("single_use", "policy"), [(True, {}), (False, {"reuse": False})])
def test_without_reuse_each_submission_gets_a_new_instance(opened, single_use, policy):
    engine = FakeEngine(single_use=single_use)
    sandbox = opened(engine, **policy)

    supervisors = [serve(sandbox, engine) for _ in range(3)]

    assert len(set(map(id, supervisors))) == 3


def test_min_idle_instances_are_kept(opened):
    engine = FakeEngine()
    sandbox = opened(engine, reuse=False, min_idle=3)

    serve(sandbox, engine)
    sandbox._starter.submit(lambda: None).result()

    assert len(engine.started) == 4


def test_an_instance_that_died_while_idle_is_replaced(opened):
    engine = FakeEngine()
    sandbox = opened(engine)
    first = serve(sandbox, engine)

    first.die()
    second = serve(sandbox, engine)

    assert second is not first


def test_after_a_failed_start_the_next_can_succeed(opened):
    engine = FakeEngine(failures=2)
    sandbox = opened(engine)

    with pytest.raises(SandboxError, match="no more sandboxes"):
        serve(sandbox, engine)

    assert serve(sandbox, engine) is engine.started[0]


def test_a_start_that_failed_during_a_submission_is_repeated(opened):
    engine = FakeEngine()
    sandbox = opened(engine, max_jobs=1, min_idle=1)
    serve(sandbox, engine)
    engine.failures = 1

    assert [serve(sandbox, engine) for _ in range(2)] == engine.started[1:3]


def test_a_gpu_instance_starts_after_the_previous_one_has_stopped(opened):
    engine, stopped = FakeEngine(), threading.Event()
    engine.device = "cuda"
    sandbox = opened(engine)
    sandbox.warm_up()
    sandbox._stopper.submit(stopped.wait)

    sandbox._discard(sandbox._instance, "unclean")
    sandbox._start_ahead(1)
    waiting = len(engine.started)
    stopped.set()
    sandbox._starter.submit(lambda: None).result()

    assert (waiting, len(engine.started)) == (1, 2)


def test_an_exception_of_the_grader_discards_the_instance(opened):
    engine = FakeEngine()
    sandbox = opened(engine)

    with pytest.raises(ZeroDivisionError), sandbox.open(PROGRAM, limits=Limits()):
        _ = 1 / 0
    sandbox._settling.result()
    sandbox._stopper.submit(lambda: None).result()

    assert engine.started[0].stopped


def test_warm_up_waits_for_the_first_instance(opened):
    engine = FakeEngine()
    sandbox = opened(engine)

    sandbox.warm_up()

    assert serve(sandbox, engine) is engine.started[0]
    assert len(engine.started) == 1


def test_warm_up_raises_if_nothing_starts(opened):
    sandbox = opened(FakeEngine(failures=2))

    with pytest.raises(SandboxError, match="no more sandboxes"):
        sandbox.warm_up()


def test_close_stops_every_instance(opened):
    engine = FakeEngine()
    sandbox = opened(engine, reuse=False, min_idle=2)
    serve(sandbox, engine)

    sandbox.close()

    assert all(supervisor.stopped for supervisor in engine.started)


def test_on_replaced_gets_the_reason():
    engine, reasons = FakeEngine(), []
    sandbox = SandboxPool(engine, Policy(reuse=False), on_replaced=reasons.append)

    serve(sandbox, engine)
    sandbox._settling.result()
    sandbox.close()

    assert reasons == ["used"]


def test_close_works_if_no_instance_started(opened):
    engine = FakeEngine(failures=1)

    opened(engine).close()

    assert (engine.failures, engine.started) == (0, [])


def test_instances_that_die_one_after_another_are_an_error(opened):
    engine = FakeEngine(script=lambda supervisor: supervisor.die())
    sandbox = opened(engine)

    with pytest.raises(SandboxError, match="died one after another"):
        serve(sandbox, engine)


def test_a_cancelled_run_costs_its_instance_and_another_starts(opened):
    engine = FakeEngine()
    sandbox = opened(engine)
    sandbox.warm_up()
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.request).start()
    cancelled = sandbox.open(PROGRAM, limits=Limits(), cancellation=cancellation)

    with pytest.raises(RunCancelled), cancelled as run:
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    sandbox._starting[0].result()
    sandbox._stopping.result()

    first, second = engine.started
    assert (first.stopped, second.stopped) == (True, False)


def test_a_cancelled_start_leaves_the_sandbox_to_the_next(opened):
    may_start = threading.Event()
    engine = FakeEngine(script=lambda _: may_start.wait())
    sandbox = opened(engine)
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.request).start()

    with pytest.raises(RunCancelled), sandbox.open(PROGRAM, limits=Limits(), cancellation=cancellation):
        pytest.fail("no sandbox has started")
    may_start.set()
    sandbox.warm_up()

    assert len(engine.started) == 1


def test_a_run_without_patience_leaves_the_sandbox_to_others(opened):
    may_start = threading.Event()
    engine = FakeEngine(script=lambda _: may_start.wait())
    sandbox = opened(engine)

    with pytest.raises(NoSandbox, match="warm"), sandbox.open(PROGRAM, limits=Limits(), patience=0.05):
        pass

    may_start.set()
    sandbox.warm_up()
    assert len(engine.started) == 1
