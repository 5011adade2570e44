"""Pipes of the keeper's own, for a grader who can open them: then no engine carries what the two say to each other."""

import os


class DirectPipes:
    """Two pipes, whose far ends anybody may open who may look into this process: root, on the same machine."""

    def __init__(self) -> None:
        self._source, self._asks = os.pipe2(os.O_CLOEXEC)
        self._answers, self._sink = os.pipe2(os.O_CLOEXEC)

    def told(self) -> dict[str, list[int]]:
        """Return how the far ends are found: for each its descriptor, and the number of its pipe to know it by."""
        return {"requests": _number(self._asks), "responses": _number(self._answers)}

    def take(self) -> tuple[int, int]:
        """Return the near ends, once somebody has opened the far ones, which are theirs alone from now on."""
        os.close(self._asks)
        os.close(self._answers)
        return self._source, self._sink


def _number(fd: int) -> list[int]:
    return [fd, os.fstat(fd).st_ino]
