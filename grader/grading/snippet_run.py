"""Run a snippet of a lesson and return what its last block shows. Nothing is scored.

The code goes to the same sandbox as a submission. It has no entries: loading it runs it.
"""

import re

from grader.packages.lessons import runnable
from grader.protocol.snippets import Shown, Snippet
from grader.sandboxes.base import Ending, Limits, Program, Sandbox

LIMITS = Limits(wall_seconds=5.0, memory_mb=512, output_kb=16)

_PLACE = re.compile(r" \((?:submission\.py|<string>), line \d+\)$")
_EARLIER = "line 1, in <module>"


def run_snippet(snippet: Snippet, *, sandbox: Sandbox) -> Shown:
    """Run the blocks and return what the last one showed. Raises SandboxError if the machine failed."""
    with sandbox.open(Program(source=runnable(snippet.sources), entries=()), limits=LIMITS) as run:
        run.observe([])
    return _shown(run.ending)


def _shown(ending: Ending) -> Shown:
    error = ending.load_error
    # The blocks before are the first line of the source, so each line of the last block is one further down.
    earlier = error is not None and error.traceback.startswith(_EARLIER)
    return Shown(
        outcome=ending.outcome,
        output=ending.output,
        capped=ending.output_capped,
        error=_PLACE.sub("", f"{error.type}: {error.message}".removesuffix(": ")) if error else None,
        line=error.line - 1 if error and error.line and not earlier else None,
        earlier=earlier,
    )
