"""What the website reads of a package's files without unpacking them to its disk."""

import tomllib
from collections.abc import Mapping


def runtime_of(files: Mapping[str, bytes]) -> str:
    """Return the graders that an exercise needs, "cpu" or "gpu"; "cpu" if its manifest cannot be read."""
    try:
        wanted = tomllib.loads(files.get("exercise.toml", b"").decode()).get("runtime")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return "cpu"
    return "gpu" if wanted == "gpu" else "cpu"
