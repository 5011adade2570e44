"""Fetches one commit by https or ssh, from the address that was checked. Raises FetchProblem with what to do.

The owner of the server decides what it sends. So its address is resolved once and pinned, redirects are checked like
new addresses, every byte is counted, and nothing is taken from configuration or environment.
"""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from socket import create_connection
from typing import Any
from urllib.parse import urljoin

import paramiko
from dulwich.client import AbstractHttpGitClient, GitClient, SSHGitClient, SSHVendor
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.objects import ObjectID
from dulwich.refs import Ref

from server.outbox import addresses
from server.outbox.addresses import AddressRefused
from server.outbox.http_client import PinnedConnection
from server.sources.git.addresses import GitAddress
from server.sources.git.messages import Fetch, FetchProblem

MAX_REDIRECTS = 3
MAX_REFERENCES = 16 * 2**20  # bytes of the list of branches, and of progress messages
_REDIRECTS = {301, 302, 303, 307, 308}
_NO_FILTER = b"blob:limit=8388609"  # no package has a larger file


class Received:
    """The bytes of a fetch. Raises FetchProblem if there are more than a limit."""

    def __init__(self, most: int) -> None:
        self._room = most
        self._limit = most

    def count(self, data: bytes) -> bytes:
        """Return the data, counted."""
        self._room -= len(data)
        if self._room < 0:
            raise FetchProblem(
                f"The repository is larger than {self._limit // 2**20} MiB. Keep the packages in a small one."
            )
        return data


class NoHistory:
    """Tells the server that we have nothing yet: each fetch is of one commit, without its history."""

    def __next__(self) -> None:
        return None

    def ack(self, object_id: bytes) -> None:
        """Take note of a common commit. There is none."""

    def nak(self) -> None:
        """Take note that no commit is common."""


def fetch_pack(asked: Fetch, address: GitAddress) -> tuple[str, bytes, str]:
    """Return the commit of the branch, its pack ("" bytes if the commit is known), and the host key of an ssh server.

    Raises FetchProblem.
    """
    received = Received(asked.max_pack + MAX_REFERENCES)
    client: GitClient
    vendor = PinnedSsh(asked, received)
    if address.is_ssh:
        client = SSHGitClient(address.host, address.port, address.user, vendor=vendor, thin_packs=False)
    else:
        client = PinnedHttp(address.text, asked, received)
    commit, pack = _fetch(client, asked, address)
    return commit, pack, vendor.host_key


def _fetch(client: GitClient, asked: Fetch, address: GitAddress) -> tuple[str, bytes]:
    wanted, pack = ObjectID(b""), bytearray()

    def choose(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
        nonlocal wanted
        wanted = _commit_of(asked.branch, refs)
        return [] if wanted.decode() == asked.known else [wanted]

    def take(data: bytes) -> int:
        if len(pack) + len(data) > asked.max_pack:
            raise FetchProblem(
                f"The repository is larger than {asked.max_pack // 2**20} MiB. Keep the packages in a small one."
            )
        pack.extend(data)
        return len(data)

    try:
        client.fetch_pack(
            address.path if address.is_ssh else "",
            choose,
            NoHistory(),
            take,
            depth=1,
            ref_prefix=[f"refs/heads/{asked.branch}".encode()],
            filter_spec=None if address.is_ssh else _NO_FILTER,
        )
    except NotGitRepository as error:
        raise FetchProblem("There is no such repository, or it is not open to us.") from error
    except AddressRefused as error:
        raise FetchProblem(str(error)) from error
    except HangupException as error:
        raise FetchProblem(_why_it_hung_up(error)) from error
    except (GitProtocolError, HTTPException, OSError, ValueError, AssertionError) as error:
        raise FetchProblem(f"The server cannot be read: {_short(error)}") from error
    return wanted.decode(), bytes(pack)


def _commit_of(branch: str, refs: Mapping[Ref, ObjectID]) -> ObjectID:
    """Return the id of a branch's commit. Raises FetchProblem if there is no such branch."""
    found = refs.get(Ref(f"refs/heads/{branch}".encode()))
    if found is None:
        raise FetchProblem(f"The repository has no branch {branch}.")
    if len(found) != 40:
        raise FetchProblem("The repository uses SHA-256, which cannot be read here yet.")
    return found


def _why_it_hung_up(error: HangupException) -> str:
    lines = [line.decode(errors="replace") for line in error.stderr_lines or ()]
    said = " ".join(line.strip() for line in lines if line.strip())
    return f"The server closed the connection{f': {said[:200]}' if said else '. Is this key allowed to read there?'}"


def _short(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return "".join(character if character.isprintable() else " " for character in text)[:200]


class PinnedHttp(AbstractHttpGitClient):
    """Git's smart HTTP over connections to checked addresses. The older protocol, of plain files, is refused."""

    def __init__(self, url: str, asked: Fetch, received: Received) -> None:
        super().__init__(url, thin_packs=False)
        self._asked = asked
        self._received = received

    def _get_url(self, path: str | bytes) -> str:
        return self._base_url

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Any = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        body = data if data is None or isinstance(data, bytes) else b"".join(data)
        final, response = self._follow(url, headers or {}, body)
        _check_status(response.status)
        kind = response.headers.get("Content-Type", "")
        if not kind.startswith("application/x-git-"):
            raise FetchProblem("This is not the address of a Git repository (smart HTTP).")
        answer = _Answer(response, kind, final if final != url else "")
        return answer, lambda size=-1: self._received.count(response.read(size if size >= 0 else None))

    def _follow(self, url: str, headers: dict[str, str], body: bytes | None) -> tuple[str, HTTPResponse]:
        for _ in range(MAX_REDIRECTS + 1):
            target = addresses.target_of(url, allow_private=self._asked.allow_private)
            connection = PinnedConnection(target, timeout=self._asked.timeout)
            method = "GET" if body is None else "POST"
            connection.request(method, target.path, body, {"User-Agent": "git/2 (Chainrule)", **headers})
            response = connection.getresponse()
            if response.status not in _REDIRECTS or body is not None:
                return url, response
            connection.close()
            url = urljoin(url, response.headers.get("Location", ""))
        raise FetchProblem("The server redirects too often.")


class _Answer:
    """What dulwich wants to know of a response."""

    def __init__(self, response: HTTPResponse, content_type: str, redirect_location: str) -> None:
        self._response = response
        self.content_type = content_type
        self.redirect_location = redirect_location
        self.status = response.status

    def close(self) -> None:
        """Close the connection."""
        self._response.close()


def _check_status(status: int) -> None:
    if status in {401, 403, 404}:
        raise FetchProblem(
            "There is no such repository, or it is not public. For a private one use its ssh address and our key."
        )
    if status in _REDIRECTS:
        raise FetchProblem("The server redirects in the middle of a fetch.")
    if status != 200:
        raise FetchProblem(f"The server answers with HTTP {status}.")


class PinnedSsh(SSHVendor):
    """Runs one command over ssh with the deploy key. The server's key must be the pinned one, if there is one.

    No agent, no password, no configuration, no forwarding, no terminal.
    """

    def __init__(self, asked: Fetch, received: Received) -> None:
        self._asked = asked
        self._received = received
        self.host_key = ""

    def run_command(
        self,
        host: str,
        command: bytes,
        username: str | None = None,
        port: int | None = None,
        password: str | None = None,
        key_filename: str | None = None,
        ssh_command: str | None = None,
        protocol_version: int | None = None,
    ) -> Any:
        """Return the running command, as dulwich reads and writes it. Raises FetchProblem."""
        transport = self._connect(host, port or 22)
        try:
            self._authenticate(transport, username or "git")
            channel = transport.open_session(timeout=self._asked.timeout)
            channel.settimeout(self._asked.timeout)
            channel.update_environment({"GIT_PROTOCOL": "version=2"})
            channel.exec_command(command.decode())
        except (paramiko.SSHException, EOFError) as error:
            raise FetchProblem(f"The ssh server does not run git for us: {_short(error)}") from error
        return _Running(transport, channel, self._received)

    def _connect(self, host: str, port: int) -> paramiko.Transport:
        address = addresses.resolve(host, port, allow_private=self._asked.allow_private)
        transport = paramiko.Transport(create_connection((address, port), self._asked.timeout))
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = self._asked.timeout
        if self._asked.host_key:
            transport.get_security_options().key_types = _key_types(self._asked.host_key.split()[0])
        try:
            transport.start_client(timeout=self._asked.timeout)
        except (paramiko.SSHException, EOFError) as error:
            raise FetchProblem(f"There is no ssh server, or its key is of another kind now: {_short(error)}") from error
        key = transport.get_remote_server_key()
        self.host_key = f"{key.get_name()} {base64.b64encode(key.asbytes()).decode()}"
        if self._asked.host_key not in {"", self.host_key}:
            raise FetchProblem(
                "The ssh server has another key than before. If its owner replaced it, press Forget the server's key."
            )
        return transport

    def _authenticate(self, transport: paramiko.Transport, user: str) -> None:
        key = paramiko.Ed25519Key.from_private_key(io.StringIO(self._asked.private_key.decode()))
        try:
            left = transport.auth_publickey(user, key)
        except paramiko.AuthenticationException as error:
            raise FetchProblem(
                "The ssh server does not know our deploy key. Add the key that this page shows to the repository."
            ) from error
        if left:
            raise FetchProblem("The ssh server wants more than a key, which we do not have.")


def _key_types(name: str) -> Sequence[str]:
    """Return the signatures to ask for, so that a server shows its key of this kind."""
    return ("rsa-sha2-512", "rsa-sha2-256") if name == "ssh-rsa" else (name,)


class _Running:
    """A command at an ssh server: what dulwich reads and writes."""

    def __init__(self, transport: paramiko.Transport, channel: paramiko.Channel, received: Received) -> None:
        self._transport = transport
        self._channel = channel
        self._received = received
        self._output = channel.makefile("rb")
        self.stderr = channel.makefile_stderr("rb")

    def read(self, size: int = -1) -> bytes:
        """Return bytes of the output; fewer than `size` at its end only."""
        return self._received.count(bytes(self._output.read(size)))

    def write(self, data: bytes) -> int:
        """Send bytes to the command."""
        self._channel.sendall(data)
        return len(data)

    def can_read(self) -> bool:
        """Whether output waits."""
        return bool(self._channel.recv_ready())

    def close(self) -> None:
        """End the connection."""
        self._channel.close()
        self._transport.close()
