"""The sandbox that pipelines use: a warm cell, replaced ahead of need, and thrown away when in doubt."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from grader.errors import NoSandbox, SandboxError
from grader.sandboxes.base import Limits, Program
from grader.sandboxes.engine import Engine
from grader.sandboxes.instance import Instance
from grader.sandboxes.run_session import RunSession
from grader.telemetry import metrics

_TRIES = 3

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How long a cell lives.

    `max_jobs` submissions, or one where `reuse` is false; a cell that is worn serves on until its replacement is warm,
    so that nobody waits for one. `spares` cells are kept warm beside the one in use; with none, a replacement starts
    warming when it is foreseeable: at the last job, or when a submission has taken half of its time.
    """

    reuse: bool = True
    max_jobs: int = 2000
    spares: int = 0


class SandboxPool:
    """A `Sandbox` on any engine. The first cell starts warming at once, in the background."""

    def __init__(self, engine: Engine, policy: Policy, *, on_replaced: Callable[[str], None] | None = None) -> None:
        """`on_replaced` is told why whenever a cell is thrown away; it may be called from another thread."""
        self.name = engine.name
        self._engine = engine
        self._on_replaced = on_replaced
        self._max_jobs = 1 if engine.single_use or not policy.reuse else policy.max_jobs
        # Where every submission takes a cell, the next one warms while this one is used.
        self._spares = max(policy.spares, 1) if self._max_jobs == 1 else policy.spares
        self._cell: Instance | None = None
        self._warming: deque[Future[Instance]] = deque()
        self._settling: Future[None] | None = None
        self._cleaning: Future[None] | None = None
        # One thread that stays: what bubblewrap starts dies with the thread that started it.
        self._warmer = ThreadPoolExecutor(1, "warmer")
        self._settler = ThreadPoolExecutor(1, "settler")
        self._cleaner = ThreadPoolExecutor(1, "cleaner")
        self._closed = False
        self._prepare(1)

    def warm_up(self) -> None:
        """Wait until a cell is warm; NoSandbox where none starts."""
        self._cell = self._occupy()

    @contextmanager
    def open(
        self, program: Program, *, limits: Limits, on_progress: Callable[[dict[str, Any]], None] | None = None
    ) -> Iterator[RunSession]:
        """Load a submission into a warm cell (see `base.Sandbox`); NoSandbox where none starts."""
        cell = self._occupy()
        log.info("sandbox_taken", sandbox=cell.label, served=cell.served)
        run = RunSession(
            cell,
            program,
            limits,
            on_progress=on_progress,
            on_delay=lambda: self._prepare(1),
            device=self._engine.device,
        )
        try:
            yield run
            run.finish()
        finally:
            # The report need not wait until the child has gone and all has been looked at.
            self._settling = self._settler.submit(self._settle, cell, run)

    def close(self) -> None:
        """Stop the cell in use and every spare."""
        self._closed = True
        self._settler.shutdown()
        if self._cell is not None:
            self._cell.stop()
        for future in self._warming:
            if future.exception() is None:
                future.result().stop()
        self._warming.clear()
        self._warmer.shutdown()
        self._cleaner.shutdown()
        self._engine.close()

    def _occupy(self) -> Instance:
        """Take a warm cell out; one that has died while nobody looked is replaced without a word."""
        if self._settling is not None:
            self._settling.result()
        cell, self._cell = self._renewed(self._cell), None
        for _ in range(_TRIES):
            if cell is None:
                cell = self._next()
            if not cell.gone():
                self._prepare(self._spares)
                return cell
            self._throw_away(cell, "died")
            cell = None
        raise NoSandbox(f"{_TRIES} sandboxes of {self.name} died one after another before they were used")

    def _renewed(self, cell: Instance | None) -> Instance | None:
        """Return the cell, or its replacement where it is worn and the replacement is warm."""
        if cell is None or cell.served < self._max_jobs or not self._warming or not self._warming[0].done():
            return cell
        try:
            fresh = self._warming.popleft().result()
        except SandboxError:
            return cell  # the next one may start
        self._throw_away(cell, "worn")
        return fresh

    def _next(self) -> Instance:
        prepared = bool(self._warming)
        self._prepare(1)
        try:
            return self._warming.popleft().result()
        except SandboxError as error:
            if not prepared:
                raise NoSandbox(str(error)) from error
        # It was started while a submission may have had all that there was of something: now nobody has.
        return self._next()

    def _settle(self, cell: Instance, run: RunSession) -> None:
        why = "failed"
        with suppress(SandboxError):  # the report is made: a cell that dies now is only thrown away
            why = "" if run.settle() else "unclean"
        cell.served += 1
        if not why and self._max_jobs > 1:
            self._cell = cell
        else:
            self._throw_away(cell, why or "used")
        if self._cell is None or cell.served >= self._max_jobs:
            self._prepare(1)

    def _prepare(self, count: int) -> None:
        while len(self._warming) < count and not self._closed:
            self._warming.append(self._warmer.submit(self._start))

    def _start(self) -> Instance:
        if self._engine.device is not None and self._cleaning is not None:
            self._cleaning.exception()  # what is thrown away still has its memory of the GPU until it has gone
        try:
            cell = self._engine.start()
        except SandboxError:
            metrics.sandbox_starts.labels("failed").inc()
            raise
        metrics.sandbox_starts.labels("started").inc()
        return cell

    def _throw_away(self, cell: Instance, why: str) -> None:
        self._cleaning = self._cleaner.submit(cell.stop)
        log.info("sandbox_replaced", sandbox=cell.label, why=why, served=cell.served)
        if self._on_replaced is not None:
            self._on_replaced(why)
