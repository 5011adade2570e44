"""What can go wrong while grading, and who must act.

GraderError
├── PackageError        the exercise is broken: its author acts
│   └── UnknownExercise there is no package of that slug
├── SandboxError        the machine failed: an operator acts, the job is retried
│   └── NoSandbox       this machine cannot start one: another worker takes the job
├── StaleWorker         this worker has another version of the exercise: another worker takes the job
└── MissingVersion      this worker has not got this version of a course's exercise yet: it gets it, and tries again

A learner's mistake is not an exception here. It is a Finding. RunCancelled stands apart: nothing went wrong.
"""


class GraderError(Exception):
    """Grading failed, and it is not the learner's fault."""


class RunCancelled(Exception):
    """The run was stopped because its submission was cancelled."""


class PackageError(GraderError):
    """An exercise package breaks its format or a rule of `verify`.

    `file` is the file of the package that is to blame, and `line` the line in it, counted from 1, if they are known.
    """

    file: str | None = None
    line: int | None = None

    def __init__(self, text: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(text)
        if file is not None:
            self.file, self.line = file, line


class UnknownExercise(PackageError):
    """No exercise package has this slug."""


class SandboxError(GraderError):
    """The engine, the container or the harness failed."""


class NoSandbox(SandboxError):
    """No sandbox can be started on this machine."""


class StaleWorker(GraderError):
    """The job was made for another version of the exercise than this worker has."""


class MissingVersion(GraderError):
    """The cache of this machine lacks a version of a course's package; `digest` names it."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"the version {digest[:12]} is not on this machine yet")
        self.digest = digest
