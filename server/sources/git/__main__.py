"""The process that fetches: reads one question from its input, writes one answer to its output.

It limits itself before it reads anything from the network: memory, processor time, no files. What it cannot do within
these limits is an error of the repository.
"""

import os
import resource
import sys

import msgspec

from server.outbox.addresses import AddressRefused
from server.sources.git.addresses import read_address
from server.sources.git.messages import Fetch, Fetched, FetchProblem
from server.sources.git.packs import Pack
from server.sources.git.transports import fetch_pack
from server.sources.git.trees import packages_of

MEMORY = 1536 * 2**20
PROCESSOR = 60  # seconds
OPEN_FILES = 64


def confine() -> None:
    """Limit this process for ever."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def fetch(asked: Fetch) -> Fetched:
    """Return the packages of the branch, or why they cannot be read."""
    answer = Fetched()
    try:
        address = read_address(asked.address, allow_private=asked.allow_private)
        answer.commit, pack, answer.host_key = fetch_pack(asked, address)
        answer.unchanged = not pack
        if pack:
            answer.subject, answer.packages = packages_of(Pack(pack), bytes.fromhex(answer.commit), asked.folder)
    except (FetchProblem, AddressRefused) as error:
        return Fetched(error=str(error), host_key=answer.host_key)
    except MemoryError:
        return Fetched(error="The repository is too large to be read. Keep the packages in a small one.")
    return answer


if __name__ == "__main__":
    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Fetch)
    confine()
    sys.stdout.buffer.write(msgspec.msgpack.encode(fetch(question)))
    sys.stdout.buffer.flush()
    os._exit(0)  # threads of a connection can still wait for the server
