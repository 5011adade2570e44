"""The addresses, branches and folders of Git repositories that a course can name."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from grader.packages.archives import ArchiveError, checked_path
from server.outbox import addresses
from server.outbox.addresses import AddressRefused

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]")
_USER = re.compile(r"[a-z_][a-z0-9_.-]*")
_PATH = re.compile(r"[A-Za-z0-9_~/][A-Za-z0-9_.~/+-]*")
_SHORT = re.compile(r"(?P<user>[^@:/\s]+)@(?P<host>[^@:/\s]+):(?P<path>[^:\s]+)")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@-]*")
MAX_LENGTH = 300
SSH_PORT = 22


@dataclass(frozen=True, kw_only=True, slots=True)
class GitAddress:
    """The address of a repository. `text` is the whole; `user` and `port` are of ssh."""

    text: str
    host: str
    path: str
    is_ssh: bool
    user: str = ""
    port: int = SSH_PORT

    @property
    def name(self) -> str:
        """The last two parts of its path, without `.git`: names for the packages at its top."""
        return "/".join(self.path.removesuffix("/").removesuffix(".git").strip("/").split("/")[-2:])


def read_address(text: str, *, allow_private: bool) -> GitAddress:
    """Return the address that a person entered.

    Raises AddressRefused, with what to do, for anything but https and ssh, and for what names a private address.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise AddressRefused("Enter the address of a repository, such as https://github.com/name/repository.git.")
    short = _SHORT.fullmatch(text)
    if short is not None:
        return _ssh(text, short["user"], short["host"], SSH_PORT, short["path"], allow_private)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is not the address of a repository.") from None
    if parts.scheme == "ssh":
        if parts.password is not None or parts.query or parts.fragment or not parts.hostname:
            raise AddressRefused("Write an ssh address as ssh://git@host/path, without a password.")
        return _ssh(text, parts.username or "git", parts.hostname, port or SSH_PORT, parts.path, allow_private)
    return _https(text, allow_private)


def _https(text: str, allow_private: bool) -> GitAddress:
    if not text.startswith(("https://", "http://")):
        raise AddressRefused("The address must begin with https:// or ssh://.")
    addresses.check_url(text, allow_private=allow_private)
    parts = urlsplit(text)
    if parts.query or parts.fragment or not _PATH.fullmatch(parts.path) or not parts.path.strip("/"):
        raise AddressRefused("Enter the whole address of the repository, without ? and #.")
    return GitAddress(text=text, host=parts.hostname or "", path=parts.path, is_ssh=False)


def _ssh(text: str, user: str, host: str, port: int, path: str, allow_private: bool) -> GitAddress:
    if not _HOST.fullmatch(host) and not _HOST.fullmatch(f"[{host}]"):
        raise AddressRefused("This is not the name of a host.")
    if not _USER.fullmatch(user):
        raise AddressRefused("This is not a user name for ssh; most servers have the user git.")
    if not _PATH.fullmatch(path) or not path.strip("/") or ".." in path.split("/"):
        raise AddressRefused("A path of a repository has letters, digits and . _ ~ / + - only.")
    addresses.check_host(host, allow_private=allow_private)
    return GitAddress(text=text, host=host, path=path, is_ssh=True, user=user, port=port)


def read_branch(text: str) -> str:
    """Return the name of a branch. Raises ValueError if Git has no such names, or if a program could misread it."""
    name = text.strip()
    refused = ("..", "//", "/.", "@{", ".lock/")
    if (
        len(name) > 200
        or not _BRANCH.fullmatch(name)
        or any(part in name for part in refused)
        or name.endswith((".", "/", ".lock"))
    ):
        raise ValueError("Enter the name of a branch, such as main.")
    return name


def read_folder(text: str) -> str:
    """Return the path of a folder in a repository, "" for its top. Raises ValueError if there can be none."""
    folder = text.strip().strip("/")
    if folder in {"", "."}:
        return ""
    try:
        return checked_path(folder)
    except ArchiveError as error:
        raise ValueError(error.text) from None
