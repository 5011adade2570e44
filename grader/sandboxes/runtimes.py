"""Reads `deploy/runtimes.toml`: which sandboxes this installation has, and how each is started.

Errors are SandboxErrors that name the file, the runtime and the key, and what its value can be.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
from msgspec import Meta

from grader.errors import SandboxError

DEFAULT = Path(__file__).resolve().parents[2] / "deploy" / "runtimes.toml"

Positive = Annotated[int, Meta(gt=0)]
NotNegative = Annotated[int, Meta(ge=0)]

log = structlog.get_logger()


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
    """One section of the file, which describes the keys and what they mean."""

    name: str
    engine: EngineKind
    queue: str
    concurrency: Positive = 1
    fallback: str = ""
    image: str = "chainrule-sandbox-cpu:latest"
    oci_runtime: str = ""
    reuse: Reuse = Reuse.WARM
    max_jobs: Positive = 2000
    min_idle: NotNegative = 0
    memory_mb: Positive = 2048
    cpus: Annotated[float, Meta(gt=0)] = 1.0
    processes: Positive = 256
    forks: bool = True
    scratch_mb: Positive = 64
    scratch_files: Positive = 4096
    seccomp: Path | None = None
    gpus: Gpus = Gpus.NONE
    gpu_ids: tuple[str, ...] = ()
    gpu_memory_mb: NotNegative = 0
    devices: tuple[str, ...] = ()
    driver_folder: str = ""
    author_image: str = "chainrule-author-cpu:latest"


_KEYS = sorted(field.name for field in fields(Runtime) if field.name != "name")
_FORMER_NAMES = {"spares": "min_idle"}  # deprecated: still read, with a warning
_WORDS: dict[str, type[StrEnum]] = {"engine": EngineKind, "reuse": Reuse, "gpus": Gpus}
_PLACE = re.compile(r"(.*) - at `\$\.(\w+)", re.DOTALL)


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
    """Return the runtime of that name. Raises SandboxError, with the names there are, if there is none."""
    if name not in runtimes:
        raise SandboxError(f'there is no runtime "{name}"; there are: {", ".join(sorted(runtimes))}')
    return runtimes[name]


def _runtime(source: Path, name: str, section: Any) -> Runtime:
    if not isinstance(section, dict):
        raise SandboxError(f"{source}: `{name}` is not a section; write it as [{name}]")
    place = f"{source}: [{name}]"
    values = _with_current_names(place, section)
    for key in values.keys() - set(_KEYS):
        raise SandboxError(f"{place} has an unknown key `{key}`; known are {', '.join(_KEYS)}")

    def read_path(_: type, value: Any) -> Path:
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        if not (path := source.parent / value).is_file():
            raise ValueError(f"{path} does not exist")
        return path

    try:
        return msgspec.convert({"name": name, **values}, Runtime, dec_hook=read_path)
    except msgspec.ValidationError as error:
        raise SandboxError(f"{place} {_explain(str(error), values)}") from error


def _with_current_names(place: str, section: dict[str, Any]) -> dict[str, Any]:
    """Return a section without former names of keys: each is replaced by its present name, with a warning."""
    values = dict(section)
    for former, present in _FORMER_NAMES.items():
        if former not in values:
            continue
        if present in values:
            raise SandboxError(f"{place} has `{former}` and `{present}`, the new name of it: remove `{former}`")
        log.warning("runtime_key_deprecated", section=place, key=former, rename_to=present)
        values[present] = values.pop(former)
    return values


def _explain(message: str, values: Mapping[str, Any]) -> str:
    """Return msgspec's message in the terms of the file: the key, its value, and what the value can be."""
    if (found := _PLACE.match(message)) is None:
        return message.replace("Object missing required field", "lacks the key")
    reason, key = found.groups()
    if key in _WORDS:
        reason = f"expected one of {', '.join(_WORDS[key])}"
    return f"{key} = {values[key]!r}: {reason}"


def _check(source: Path, runtime: Runtime, runtimes: Mapping[str, Runtime]) -> None:
    """Check what keys mean together."""
    place = f"{source}: [{runtime.name}]"
    if runtime.fallback and runtime.fallback not in runtimes:
        raise SandboxError(f"{place} fallback names [{runtime.fallback}], which is not there")
    if runtime.gpus is not Gpus.NONE and runtime.engine is not EngineKind.DOCKER:
        raise SandboxError(f"{place} wants a GPU: only the docker engine can give it one")
    if runtime.gpus is Gpus.DEVICES and not (runtime.devices and runtime.driver_folder):
        raise SandboxError(f'{place} has gpus = "devices": it needs `devices` and `driver_folder`')
    if runtime.gpus is not Gpus.NONE and not runtime.gpu_ids:
        raise SandboxError(f'{place} wants a GPU: list them in `gpu_ids`, such as ["0"]')
    if runtime.gpus is not Gpus.NONE and runtime.concurrency > len(runtime.gpu_ids):
        raise SandboxError(f"{place} has {runtime.concurrency} workers for {len(runtime.gpu_ids)} GPUs: each needs one")
