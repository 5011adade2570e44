"""What the process that fetches is asked, and what it answers: MessagePack on its standard input and output."""

import msgspec

MAX_ANSWER = 96 * 2**20  # bytes
MAX_TOGETHER = 64 * 2**20  # bytes of all packages of one commit
MAX_PACKAGES = 200


class Fetch(msgspec.Struct, kw_only=True):
    """One branch to read. `known` is the commit that was read last; `host_key` the pinned one of an ssh server."""

    address: str
    branch: str
    folder: str
    known: str = ""
    private_key: bytes = b""
    host_key: str = ""
    allow_private: bool = False
    timeout: float = 20
    max_pack: int = 64 * 2**20


class FetchedPackage(msgspec.Struct, kw_only=True):
    """One package of a commit: its files, or why it was not read. `path` is its folder in the repository."""

    path: str
    files: dict[str, bytes] = {}
    error: str = ""
    file: str = ""


class Fetched(msgspec.Struct, kw_only=True):
    """What was read. With an `error` there is nothing else but the host key; `unchanged` if the commit is known."""

    commit: str = ""
    subject: str = ""
    unchanged: bool = False
    host_key: str = ""
    error: str = ""
    packages: list[FetchedPackage] = []


class FetchProblem(Exception):
    """The repository cannot be read. The text says why, and what to do, for the people of the course."""
