"""Verify one lesson of a course, promise by promise (`LESSON_PROMISES`). It has no code but its blocks."""

from pathlib import Path

from grader.errors import PackageError
from grader.grading.examiner import Fault
from grader.grading.snippet_run import run_snippet
from grader.packages.lessons import Block, Part, Place, parse_lesson
from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown, Snippet
from grader.sandboxes.base import Sandbox
from grader.sandboxes.cancellation import Cancellation
from grader.verification.problems import Problems

FILE = "lesson.md"
MAX_BLOCKS = 50


class LessonVerifier:
    """Looks at the promises of one lesson. Afterwards `problems` and `slugs` say what was found."""

    def __init__(self, folder: Path, sandbox: Sandbox, problems: Problems, cancellation: Cancellation) -> None:
        self.path = folder / FILE
        self.sandbox, self.problems, self.cancellation = sandbox, problems, cancellation
        self.slugs: tuple[str, ...] = ()
        self._text = ""
        self._parts: tuple[Part, ...] = ()

    def run(self) -> None:
        """Look at every promise that can be looked at."""
        with self.problems.promise("files"):
            self._text = self._read()
            _, self._parts = parse_lesson(self._text, FILE)
        if not self._parts:
            return
        with self.problems.promise("blocks"):
            self._blocks()
        with self.problems.promise("places"):
            self.slugs = tuple(dict.fromkeys(part.slug for part in self._parts if isinstance(part, Place)))

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PackageError(f"the file {FILE} is missing; every lesson needs one.", file=FILE) from None
        except UnicodeDecodeError as error:
            raise PackageError(f"{FILE} is not UTF-8 text: {error}", file=FILE) from None

    def _blocks(self) -> None:
        blocks = [part for part in self._parts if isinstance(part, Block)]
        if len(blocks) > MAX_BLOCKS:
            self._problem(f"the lesson has {len(blocks)} blocks of code; the most are {MAX_BLOCKS}.")
        sources: list[str] = []
        for block in blocks[:MAX_BLOCKS]:
            self.cancellation.raise_if_requested()
            sources.append(block.source)
            shown = run_snippet(Snippet(run="verify", token="verify", sources=tuple(sources)), sandbox=self.sandbox)
            self._compare(block, shown)

    def _compare(self, block: Block, shown: Shown) -> None:
        printed = shown.output + (shown.error or "")
        if shown.error is None and shown.outcome is not Outcome.GRADED:
            self._problem(f"block {block.number} does not run to its end ({shown.outcome}).", block)
        elif printed.strip() == block.output.strip():
            return
        elif shown.error is not None:
            self._problem(f"block {block.number} raises {shown.error}.", block)
        else:
            self._problem(f"block {block.number} prints {printed.strip()[-200:]!r}, not what is shown.", block)

    def _problem(self, text: str, block: Block | None = None) -> None:
        line = None
        if block is not None:
            before, found, _ = self._text.partition(f"```python\n{block.source}```")
            line = before.count("\n") + 1 if found else None
        self.problems.add(Fault(text=text, file=FILE, line=line))
