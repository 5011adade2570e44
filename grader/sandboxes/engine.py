"""What an engine does: it starts instances. Everything else is the same for all engines."""

from typing import Protocol

from grader.sandboxes.instance import Instance


class Engine(Protocol):
    """Starts sandboxes of one kind.

    `name` is the name in reports ("docker", "bubblewrap"). `single_use` is true if an instance can serve only one
    submission, because the engine cannot give each one a user of its own. `has_share` is true if other load cannot
    take the processors of an instance. `device` is the device of the tensors ("cuda" or None).
    """

    name: str
    single_use: bool
    has_share: bool
    device: str | None

    def check(self) -> None:
        """Check that instances can be started. Raises SandboxError, with what to do, if they cannot."""
        ...

    def start(self) -> Instance:
        """Return a new, warm instance. Raises SandboxError if it does not start."""
        ...

    def close(self) -> None:
        """Release what the engine itself holds."""
        ...
