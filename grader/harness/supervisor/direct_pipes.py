"""Pipes that a grader on the same machine can open, so that no container engine has to carry the frames."""

import os


class DirectPipes:
    """Two pipes. Root on the same machine can open their far ends through this process's /proc/<pid>/fd."""

    def __init__(self) -> None:
        self._request_fd, self._far_request_fd = os.pipe2(os.O_CLOEXEC)
        self._far_response_fd, self._response_fd = os.pipe2(os.O_CLOEXEC)

    def far_ends(self) -> dict[str, list[int]]:
        """Return [descriptor, inode] of each far end; the inode shows whether the grader has opened the right pipe."""
        return {"requests": _identify(self._far_request_fd), "responses": _identify(self._far_response_fd)}

    def take(self) -> tuple[int, int]:
        """Close the far ends and return the near ones. Call it once the grader has opened the far ends."""
        os.close(self._far_request_fd)
        os.close(self._far_response_fd)
        return self._request_fd, self._response_fd


def _identify(fd: int) -> list[int]:
    return [fd, os.fstat(fd).st_ino]
