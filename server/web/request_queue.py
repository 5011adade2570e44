"""Requests that wait for one of a few threads, which live as long as the process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


class RequestQueue:
    """Requests that wait for one of a few threads, and those that the threads work on. One for each process."""

    def __init__(self, name: str, *, threads: int, max_length: int) -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.size = threads
        self.max_length = max_length
        self.length = 0

    @property
    def is_busy(self) -> bool:
        """Whether a new request must wait for a thread."""
        return self.length >= self.size

    @property
    def is_full(self) -> bool:
        """Whether a new request must be refused."""
        return self.length >= self.max_length

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Wait for a free thread, run the work there and return its result.

        A request that is cancelled while it waits is never begun. Context variables of the work end with it.
        """
        self.length += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, copy_context().run, work, *args)
        finally:
            self.length -= 1
