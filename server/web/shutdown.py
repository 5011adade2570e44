"""Whether this process has been asked to stop: what could go on for minutes ends then.

A web server that is to stop waits until every answer has ended, and tells nobody what it waits for.
"""

import signal
import threading
from types import FrameType

_asked = threading.Event()
_listening = False


def asked() -> bool:
    """Whether the process was asked to stop since `listen`."""
    return _asked.is_set()


def listen() -> None:
    """From now on notice SIGTERM, beside whoever handles it; where nobody does, it stays with the system.

    An event loop gets its signals by a file descriptor and leaves a handler that does nothing: that one we add to. Only
    the main thread may, and there such a loop runs.
    """
    global _listening  # noqa: PLW0603 - a process has one handler
    handler = signal.getsignal(signal.SIGTERM)
    if _listening or not callable(handler) or threading.current_thread() is not threading.main_thread():
        return

    def hear(number: int, frame: FrameType | None) -> None:
        _asked.set()
        handler(number, frame)

    signal.signal(signal.SIGTERM, hear)
    # As the loop has it: a call that was interrupted goes on.
    signal.siginterrupt(signal.SIGTERM, False)
    _listening = True
