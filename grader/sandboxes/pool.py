"""The sandbox that pipelines use: it keeps instances warm, replaces them ahead of need, and discards suspect ones.

┌─────────────── reused, if nothing was left behind ───────────────┐
v                                                                  │
idle ── open ──> in use ── report is ready ──> settling ───────────┤
^                                                                  │
└── started ahead of need (one thread) <── replaced: worn, unclean, failed or died
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from grader.errors import NoSandbox, SandboxError
from grader.sandboxes.author_session import AUTHOR_LIMITS, AuthorSession, SentPackage
from grader.sandboxes.base import Limits, Program
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.engine import Engine
from grader.sandboxes.instance import Instance
from grader.sandboxes.run_session import RunSession
from grader.telemetry import metrics

_TRIES = 3
# How often a wait looks whether the submission was cancelled (seconds).
_CANCELLATION_INTERVAL = 0.1

Session = TypeVar("Session", RunSession, AuthorSession)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How long an instance lives.

    An instance serves `max_jobs` submissions, or one if `reuse` is false. A worn instance (one that has served them
    all) goes on until its replacement is warm, so that no submission waits. `min_idle` instances are kept warm beside
    the one in use. With none, a replacement starts when we can foresee the need: after the last job of an instance, or
    when a submission has used half of its time.
    """

    reuse: bool = True
    max_jobs: int = 2000
    min_idle: int = 0


class SandboxPool:
    """A `Sandbox` on any engine. The first instance starts at once, in the background."""

    def __init__(self, engine: Engine, policy: Policy, *, on_replaced: Callable[[str], None] | None = None) -> None:
        """`on_replaced` is called with the reason when an instance is replaced, possibly from another thread."""
        self.name = engine.name
        self._engine = engine
        self._on_replaced = on_replaced
        self._max_jobs = 1 if engine.single_use or not policy.reuse else policy.max_jobs
        # If every submission needs a new instance, the next one starts while this one is used.
        self._min_idle = max(policy.min_idle, 1) if self._max_jobs == 1 else policy.min_idle
        self._instance: Instance | None = None
        self._starting: deque[Future[Instance]] = deque()
        self._settling: Future[None] | None = None
        self._stopping: Future[None] | None = None
        # The thread must live as long as the pool: bubblewrap's processes die with the thread that started them.
        self._starter = ThreadPoolExecutor(1, "instance-starter")
        self._settler = ThreadPoolExecutor(1, "instance-settler")
        self._stopper = ThreadPoolExecutor(1, "instance-stopper")
        self._closed = False
        self._start_ahead(1)

    def warm_up(self) -> None:
        """Wait until an instance is warm. Raises NoSandbox if none starts."""
        self._instance = self._acquire(Cancellation())

    @contextmanager
    def open(
        self,
        program: Program,
        *,
        limits: Limits,
        on_progress: Callable[[dict[str, Any]], None] | None = None,
        cancellation: Cancellation | None = None,
        patience: float | None = None,
    ) -> Iterator[RunSession]:
        """Load a submission into a warm instance (see `base.Sandbox`). Raises NoSandbox if none starts."""
        cancellation = cancellation or Cancellation()
        # A run with patience has little time: using half of it does not mean that it will be stopped.
        on_delay = None if patience is not None else lambda: self._start_ahead(1)

        def load(instance: Instance) -> RunSession:
            return RunSession(
                instance,
                program,
                limits,
                on_progress=on_progress,
                on_delay=on_delay,
                device=self._engine.device,
                cancellation=cancellation,
            )

        with self._in_use(load, cancellation, patience) as run:
            yield run

    @contextmanager
    def ask(
        self, package: SentPackage, *, limits: Limits = AUTHOR_LIMITS, cancellation: Cancellation | None = None
    ) -> Iterator[AuthorSession]:
        """Give a package to a fresh child of an author's instance, for questions. Raises NoSandbox if none starts.

        Only the sandbox of `select.open_author_sandbox` has what these children need.
        """
        cancellation = cancellation or Cancellation()

        def load(instance: Instance) -> AuthorSession:
            return AuthorSession(instance, package, limits, cancellation=cancellation)

        with self._in_use(load, cancellation, None) as session:
            try:
                yield session
            finally:
                session.finish()  # also if the package has raised: it has answered, and its child can end

    @contextmanager
    def _in_use(
        self, load: Callable[[Instance], Session], cancellation: Cancellation, patience: float | None
    ) -> Iterator[Session]:
        """Use a warm instance for what `load` makes with it, and settle it afterwards."""
        instance = self._acquire(cancellation, patience=patience)
        log.info("sandbox_taken", sandbox=instance.label, served=instance.served)
        try:
            run = load(instance)
        except BaseException:
            self._discard(instance, "failed")
            raise
        try:
            yield run
            run.finish()
        finally:
            # In the background: the report does not have to wait until the child has ended and its residue is known.
            self._settling = self._settler.submit(self._settle, instance, run, cancellation)

    def close(self) -> None:
        """Stop the instance in use and all idle ones."""
        self._closed = True
        self._settler.shutdown()
        if self._instance is not None:
            self._instance.stop()
        for future in self._starting:
            if future.exception() is None:
                future.result().stop()
        self._starting.clear()
        self._starter.shutdown()
        self._stopper.shutdown()
        self._engine.close()

    def _acquire(self, cancellation: Cancellation, *, patience: float | None = None) -> Instance:
        """Return a warm instance for one submission. One that died while it was idle is replaced.

        Raises NoSandbox if none is warm after `patience` seconds.
        """
        deadline = None if patience is None else time.monotonic() + patience
        if self._settling is not None:
            _await(self._settling, cancellation, deadline)
            self._settling.result()
        cancellation.raise_if_requested()
        instance, self._instance = self._replace_if_worn(self._instance), None
        for _ in range(_TRIES):
            if instance is None:
                instance = self._next_instance(cancellation, deadline)
            if not instance.is_dead():
                self._start_ahead(self._min_idle)
                return instance
            self._discard(instance, "died")
            instance = None
        raise NoSandbox(f"{_TRIES} sandboxes of {self.name} died one after another before they were used")

    def _replace_if_worn(self, instance: Instance | None) -> Instance | None:
        """Return the instance, or its replacement if it is worn and the replacement is warm."""
        if instance is None or instance.served < self._max_jobs or not self._starting or not self._starting[0].done():
            return instance
        try:
            fresh = self._starting.popleft().result()
        except SandboxError:
            return instance  # it serves on; the next start can succeed
        self._discard(instance, "worn")
        return fresh

    def _next_instance(self, cancellation: Cancellation, deadline: float | None) -> Instance:
        started_ahead = bool(self._starting)
        self._start_ahead(1)
        _await(self._starting[0], cancellation, deadline)
        try:
            return self._starting.popleft().result()
        except SandboxError as error:
            if not started_ahead:
                raise NoSandbox(str(error)) from error
        # That start ran beside a submission, which can have used up something. Now none runs: try once more.
        return self._next_instance(cancellation, deadline)

    def _settle(self, instance: Instance, run: RunSession | AuthorSession, cancellation: Cancellation) -> None:
        why = "failed"
        with suppress(SandboxError):  # the report is made: an instance that dies now is only discarded
            why = "" if run.settle() else "cancelled" if cancellation.requested else "unclean"
        instance.served += 1
        if not why and self._max_jobs > 1:
            self._instance = instance
        else:
            self._discard(instance, why or "used")
        if self._instance is None or instance.served >= self._max_jobs:
            self._start_ahead(1)

    def _start_ahead(self, count: int) -> None:
        while len(self._starting) < count and not self._closed:
            self._starting.append(self._starter.submit(self._start))

    def _start(self) -> Instance:
        if self._engine.device is not None and self._stopping is not None:
            self._stopping.exception()  # wait: a discarded instance holds memory of the GPU until it has stopped
        try:
            instance = self._engine.start()
        except SandboxError:
            metrics.sandbox_starts.labels("failed").inc()
            raise
        metrics.sandbox_starts.labels("started").inc()
        return instance

    def _discard(self, instance: Instance, why: str) -> None:
        self._stopping = self._stopper.submit(instance.stop)
        log.info("sandbox_replaced", sandbox=instance.label, why=why, served=instance.served)
        if self._on_replaced is not None:
            self._on_replaced(why)


def _await(future: Future[Any], cancellation: Cancellation, deadline: float | None) -> None:
    """Wait until a future is done. Raises RunCancelled if the submission is cancelled, NoSandbox at the deadline."""
    while not future.done():
        cancellation.raise_if_requested()
        if deadline is not None and time.monotonic() >= deadline:
            raise NoSandbox("no sandbox is warm yet")
        wait([future], timeout=_CANCELLATION_INTERVAL)
