"""Versions of a course's packages for tests: in the cache of this machine, and verified in real sandboxes."""

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

from grader.grading.sandboxed_examiner import SandboxedExaminer
from grader.packages.archives import digest_of, files_of, pack
from grader.packages.catalogue import version_cache, versions_folder
from grader.protocol.verifications import Verified, VerifyJob
from grader.sandboxes.select import open_author_sandbox, open_sandbox
from grader.verification.learner_runs import LearnerRuns
from grader.verification.own_package import verify_version

TEMPLATE = Path(__file__).parents[2] / "grader" / "packages" / "template"


def scaffold_files(**changes: str | None) -> dict[str, bytes]:
    """The files of a new package, changed by stem; None removes one."""
    files = files_of(TEMPLATE)
    for old, new in ((b"@ID@", b"8f0b5b1c-60a4-4d0c-9c40-0b9f6f6f6a11"), (b"@TITLE@", b"Slope")):
        files["exercise.toml"] = files["exercise.toml"].replace(old, new)
    for stem, text in changes.items():
        path = next((path for path in files if Path(path).stem == stem), f"{stem}.py")
        if text is None:
            del files[path]
        else:
            files[path] = text.encode()
    return files


def cached(files: Mapping[str, bytes], **changes: object) -> VerifyJob:
    """Put a version into this machine's cache, and return the job that verifies it."""
    version_cache(versions_folder()).add(pack(files))
    values = {
        "verification": "v1",
        "token": "t1",
        "kind": "exercise",
        "slug": "unit/slope",
        "digest": digest_of(files),
        "library": "course-1",
    }
    return VerifyJob(**values | changes)


class Machine:
    """A learner's sandbox and an author's, as a worker has them."""

    def __init__(self, sandbox, author):
        self.sandbox, self.author = sandbox, author

    def verify(self, job: VerifyJob, **options) -> Verified:
        """Verify a version, as a worker does."""
        return verify_version(job, open_exercise=self.opened, **options)

    def opened(self, exercise, cancellation):
        runs = LearnerRuns(
            exercise=exercise, sandbox=self.sandbox, author_sandbox=lambda: self.author, cancellation=cancellation
        )
        return SandboxedExaminer(exercise, lambda: self.author, cancellation), runs


@contextmanager
def open_machine(engine="bubblewrap"):
    """Open both sandboxes, warm."""
    sandbox, author = open_sandbox(engine=engine), open_author_sandbox(engine=engine)
    try:
        sandbox.warm_up()
        author.warm_up()
        yield Machine(sandbox, author)
    finally:
        sandbox.close()
        author.close()


LESSON_TITLE = """\
+++
title = "Slopes"
+++

A block that prints.

```python
print(3)
```

```text
3
```
"""
