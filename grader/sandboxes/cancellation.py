"""How another thread stops a run."""

import threading

from grader.errors import RunCancelled


class Cancellation:
    """Whether a run must stop. Each run has its own, so that a late request cannot stop the next run.

    `case_put` is true once a case was put to the code. The run sets it, in the grader's process: nothing that the code
    sends changes it.
    """

    def __init__(self) -> None:
        self.case_put = False
        self._requested = threading.Event()

    @property
    def requested(self) -> bool:
        """Whether the run must stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Stop the run soon: the thread that waits for it raises RunCancelled. Can be called from any thread."""
        self._requested.set()

    def raise_if_requested(self) -> None:
        """Raise RunCancelled if the run must stop."""
        if self.requested:
            raise RunCancelled("the submission was cancelled")
