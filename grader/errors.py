"""What can go wrong while grading, and whose turn it is.

GraderError
├── PackageError        the exercise is broken: its author acts
│   └── UnknownExercise there is no package of that slug
├── SandboxError        the machine failed: an operator acts, the job is retried
│   └── NoSandbox       none can be started on this machine: the job is left to another
└── StaleWorker         this worker holds another version of the exercise: another worker takes the job

A learner's mistake is not an exception here. It is a Finding.
"""


class GraderError(Exception):
    """Grading could not be completed, through no fault of the learner."""


class PackageError(GraderError):
    """An exercise package breaks its format or its promises."""


class UnknownExercise(PackageError):
    """No exercise package has this slug."""


class SandboxError(GraderError):
    """The engine, the container or the harness failed."""


class NoSandbox(SandboxError):
    """No sandbox can be started on this machine."""


class StaleWorker(GraderError):
    """The job was made for another version of the exercise than this worker holds."""
