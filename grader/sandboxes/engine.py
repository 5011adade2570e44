"""What an engine has to do: start a cell. Everything else is the same for all of them."""

from typing import Protocol

from grader.sandboxes.instance import Instance


class Engine(Protocol):
    """Starts sandboxes of one kind.

    `name` is what reports say ("docker", "bubblewrap"); `single_use` says that a cell may serve one submission only,
    because it cannot give each a user of its own; `device` is where tensors go ("cuda" or None).
    """

    name: str
    single_use: bool
    device: str | None

    def check(self) -> None:
        """Do nothing where cells can be started; SandboxError with what to do where not."""
        ...

    def start(self) -> Instance:
        """Return a new cell that is warm; SandboxError where that fails."""
        ...

    def close(self) -> None:
        """Let go of what the engine itself holds."""
        ...
