"""Whether this process got SIGTERM, so that long responses (event streams) can end.

A web server that shuts down waits until every response has ended, but does not notify them.
"""

import signal
import threading
from types import FrameType

_requested = threading.Event()
_listening = False


def requested() -> bool:
    """Whether the process got SIGTERM since `listen`."""
    return _requested.is_set()


def listen() -> None:
    """Note SIGTERM from now on, and still call the handler that is set. Without a handler, change nothing.

    An event loop gets its signals through a file descriptor and sets a handler that does nothing: this wraps that one.
    Only the main thread can set handlers, and the loop runs there.
    """
    global _listening  # noqa: PLW0603 - a process has one handler
    handler = signal.getsignal(signal.SIGTERM)
    if _listening or not callable(handler) or threading.current_thread() is not threading.main_thread():
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        _requested.set()
        handler(number, frame)

    signal.signal(signal.SIGTERM, on_signal)
    # As the event loop sets it: an interrupted system call continues.
    signal.siginterrupt(signal.SIGTERM, False)
    _listening = True
