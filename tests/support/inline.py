"""A fake sandbox that runs trusted code in this process, for tests of the code around sandboxes."""

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from typing import Any

from grader.harness.child.evaluate import describe_error, evaluate
from grader.harness.child.screen import screen
from grader.harness.wire.values import Decoder, Encoder, pack, unpack
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Ending, LearnerError, Limits, Observation, Program
from grader.sandboxes.graph_reader import read_graph


class InlineRun:
    """One submission loaded into this process."""

    def __init__(self, program: Program) -> None:
        self.namespace: dict[str, Any] = {"__name__": "submission"}
        self.ending = Ending(outcome=Outcome.GRADED)
        try:
            screen(program.source, allowed=program.imports)
            exec(compile(program.source, "submission.py", "exec"), self.namespace)
        except BaseException as error:
            self.ending = Ending(outcome=Outcome.UNGRADABLE, load_error=LearnerError(**describe_error(error)))
            return
        missing = tuple(name for name in program.entries if name not in self.namespace)
        if missing:
            self.ending = Ending(outcome=Outcome.UNGRADABLE, missing=missing)

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        if self.ending.outcome is not Outcome.GRADED:
            return []
        return [self._observe(call) for call in calls]

    def _observe(self, call: Call) -> Observation:
        encoder = Encoder()
        document = {
            "entry": call.entry,
            "args": encoder.encode(list(call.args)),
            "probe": call.probe,
            "options": encoder.encode(call.options),
        }
        answer = unpack(pack(*evaluate(self.namespace, *unpack(pack(document, encoder.tensors)))))
        return observation_of(*answer)


def observation_of(document: Any, tensors: Any) -> Observation:
    decoder = Decoder(tensors)
    return Observation(
        value=decoder.decode(document["value"]),
        facts=decoder.facts,
        error=LearnerError(**document["error"]) if document["error"] else None,
        modified=tuple(document["modified"]),
        seconds=document["seconds"],
        graph=read_graph(document["graph"]),
    )


class InlineSandbox:
    name = "inline"

    @contextlib.contextmanager
    def open(self, program: Program, *, limits: Limits, on_progress: Any = None) -> Iterator[InlineRun]:
        start, printed = time.perf_counter(), io.StringIO()
        with contextlib.redirect_stdout(printed):
            run = InlineRun(program)
            yield run
        run.ending = Ending(
            outcome=run.ending.outcome,
            load_error=run.ending.load_error,
            missing=run.ending.missing,
            output=printed.getvalue(),
            seconds=time.perf_counter() - start,
        )

    def warm_up(self) -> None: ...

    def close(self) -> None: ...
