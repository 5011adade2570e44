"""Names of files and folders that every system can unpack: Windows, macOS, Linux, and every program for archives."""

import re
from unicodedata import normalize

# Windows cannot make files with these names, with any ending.
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{kind}{n}" for kind in ("com", "lpt") for n in range(10)}
)
LONGEST = 50
_ODD_CHARACTERS = re.compile(r"[^A-Za-z0-9@._+-]+")
_NUMBERED = re.compile(r"-\d+\Z")


def is_reserved(name: str) -> bool:
    """Whether Windows keeps a name for a device, with any ending."""
    return name.partition(".")[0].rstrip(" ").lower() in RESERVED


def safe_file_name(text: str, number: int) -> str:
    """Return a name for a file or folder that is made from a text: in ASCII, without a path, never empty.

    The text itself, if it is such a name already; otherwise a similar name with `number` at its end. So two names are
    never equal, not even where upper and lower case are the same, if texts and numbers are different in pairs.
    """
    plain = _ODD_CHARACTERS.sub("_", normalize("NFKD", text).encode("ascii", "ignore").decode())
    plain = plain.lstrip(".-").rstrip(".")[:LONGEST] or "_"
    if is_reserved(plain):
        plain = f"_{plain}"
    is_unique = plain == text and plain == plain.lower() and not _NUMBERED.search(plain)
    return plain if is_unique else f"{plain}-{number}"
