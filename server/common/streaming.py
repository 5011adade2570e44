"""Answers that are sent while they are made."""

from collections.abc import AsyncIterator, Generator, Iterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse


def stream_file(pieces: Generator[bytes, None, None], *, name: str, media_type: str) -> StreamingHttpResponse:
    """Return an answer that sends a file piece by piece. `pieces` can read the database between two of them."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        # The proxy in front must not collect the whole file first.
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(_in_threads(pieces), content_type=media_type, headers=headers)


async def _in_threads(pieces: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    """Yield pieces, each made in a thread. Django would first make a list of all pieces of a plain iterator."""
    step = sync_to_async(_next)
    try:
        while piece := await step(pieces):
            yield piece
    finally:
        # If the reader went away: what the generator holds open is closed now, not when it is collected.
        await sync_to_async(pieces.close)()


def _next(pieces: Iterator[bytes]) -> bytes:
    try:
        return next((piece for piece in pieces if piece), b"")
    finally:
        _release_connections()


def _release_connections() -> None:
    """Give connections back, so that a slow download holds none between two pieces. Not inside a transaction."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
