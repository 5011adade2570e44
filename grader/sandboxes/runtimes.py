"""Reads `deploy/runtimes.toml`: which sandboxes this installation has, and how each is started.

Errors are SandboxErrors that name the file, the runtime and the key, and say what may stand there.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader.errors import SandboxError

DEFAULT = Path(__file__).resolve().parents[2] / "deploy" / "runtimes.toml"


class EngineKind(StrEnum):
    """What starts a sandbox."""

    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"


class Reuse(StrEnum):
    """Whether a sandbox serves one submission after another, each in a fresh process, or one only."""

    WARM = "warm"
    NEVER = "never"


class Gpus(StrEnum):
    """How a container gets its GPU."""

    NONE = "none"
    NVIDIA = "nvidia"
    CDI = "cdi"
    DEVICES = "devices"


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """One section of the file; its keys and what they mean are described there."""

    name: str
    engine: EngineKind
    queue: str
    concurrency: int = 1
    fallback: str = ""
    image: str = "chainrule-sandbox-cpu:latest"
    oci_runtime: str = ""
    reuse: Reuse = Reuse.WARM
    max_jobs: int = 2000
    spares: int = 0
    memory_mb: int = 2048
    cpus: float = 1.0
    processes: int = 256
    forks: bool = True
    scratch_mb: int = 64
    scratch_files: int = 4096
    seccomp: Path | None = None
    gpus: Gpus = Gpus.NONE
    gpu_ids: tuple[str, ...] = ()
    gpu_memory_mb: int = 0
    devices: tuple[str, ...] = ()
    driver_folder: str = ""


def load_runtimes(path: Path | None = None) -> dict[str, Runtime]:
    """Return the runtimes of a file by name: of `path`, else of CHAINRULE_RUNTIMES, else of `deploy/runtimes.toml`."""
    source = path or Path(os.environ.get("CHAINRULE_RUNTIMES") or DEFAULT)
    try:
        document = tomllib.loads(source.read_text())
    except OSError as error:
        raise SandboxError(f"{source} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise SandboxError(f"{source} is not TOML: {error}") from error
    runtimes = {name: _runtime(source, name, section) for name, section in document.items()}
    for runtime in runtimes.values():
        _check(source, runtime, runtimes)
    return runtimes


def find_runtime(name: str, runtimes: Mapping[str, Runtime]) -> Runtime:
    """Return the runtime of that name, or a SandboxError that lists those there are."""
    if name not in runtimes:
        raise SandboxError(f'there is no runtime "{name}"; there are: {", ".join(sorted(runtimes))}')
    return runtimes[name]


def _runtime(source: Path, name: str, section: Any) -> Runtime:
    if not isinstance(section, dict):
        raise SandboxError(f"{source}: `{name}` is not a section; write it as [{name}]")
    known = {field.name: field for field in fields(Runtime) if field.name != "name"}
    for key in section.keys() - known.keys():
        raise SandboxError(f"{source}: [{name}] has an unknown key `{key}`; known are {', '.join(sorted(known))}")
    for key, field in known.items():
        if field.default is MISSING and key not in section:
            raise SandboxError(f"{source}: [{name}] lacks `{key}`")
    values = {key: _value(f"{source}: [{name}] {key}", key, value, source) for key, value in section.items()}
    return Runtime(name=name, **values)


_WORDS: dict[str, type[StrEnum]] = {"engine": EngineKind, "reuse": Reuse, "gpus": Gpus}
_TEXTS = {"queue", "fallback", "image", "oci_runtime", "driver_folder"}
_LISTS = {"gpu_ids", "devices"}
_MAY_BE_ZERO = {"spares", "gpu_memory_mb"}


def _value(where: str, key: str, value: Any, source: Path) -> Any:
    if key in _WORDS:
        return _word(where, _WORDS[key], value)
    if key in _TEXTS and isinstance(value, str):
        return value
    if key == "forks" and isinstance(value, bool):
        return value
    if key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if key == "seccomp" and isinstance(value, str):
        return _file(where, source.parent / value)
    if key not in (_TEXTS | _LISTS | {"seccomp", "forks"}):
        return _number(where, key, value)
    raise SandboxError(f"{where} has the wrong type: {value!r}")


def _word(where: str, words: type[StrEnum], value: Any) -> StrEnum:
    try:
        return words(value)
    except ValueError as error:
        raise SandboxError(f"{where} is {value!r}; it may be {', '.join(words)}") from error


def _file(where: str, path: Path) -> Path:
    if not path.is_file():
        raise SandboxError(f"{where} names {path}, which does not exist")
    return path


def _number(where: str, key: str, value: Any) -> int | float:
    allowed = (int, float) if key == "cpus" else (int,)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise SandboxError(f"{where} is {value!r}; it is a {'number' if key == 'cpus' else 'whole number'}")
    if value < 0 or (value == 0 and key not in _MAY_BE_ZERO):
        raise SandboxError(f"{where} is {value!r}; it must be larger than 0")
    return value


def _check(source: Path, runtime: Runtime, runtimes: Mapping[str, Runtime]) -> None:
    where = f"{source}: [{runtime.name}]"
    if runtime.fallback and runtime.fallback not in runtimes:
        raise SandboxError(f"{where} fallback names [{runtime.fallback}], which is not there")
    if runtime.gpus is not Gpus.NONE and runtime.engine is not EngineKind.DOCKER:
        raise SandboxError(f"{where} wants a GPU: only the docker engine can give it one")
    if runtime.gpus is Gpus.DEVICES and not (runtime.devices and runtime.driver_folder):
        raise SandboxError(f'{where} has gpus = "devices": it needs `devices` and `driver_folder`')
    if runtime.gpus is not Gpus.NONE and not runtime.gpu_ids:
        raise SandboxError(f'{where} wants a GPU: list them in `gpu_ids`, such as ["0"]')
    if runtime.gpus is not Gpus.NONE and runtime.concurrency > len(runtime.gpu_ids):
        raise SandboxError(f"{where} has {runtime.concurrency} workers for {len(runtime.gpu_ids)} GPUs: each needs one")
