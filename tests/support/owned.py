"""Packages as a course's own, in the cache of this machine, and gradings of them."""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.grading.pipeline import grade
from grader.packages.archives import digest_of, files_of, pack
from grader.packages.catalogue import find_package, version_cache, versions_folder
from grader.protocol.jobs import Job
from grader.protocol.reports import Report
from grader.sandboxes.base import Limits
from grader.sandboxes.pool import SandboxPool

LIBRARY = "course-1"


class LimitedAuthors:
    """An author's sandbox with less time and memory."""

    def __init__(self, sandbox: SandboxPool, **limits: float) -> None:
        self._sandbox, self._limits = sandbox, limits

    @contextmanager
    def ask(self, package: Any, *, limits: Limits, cancellation: Any = None) -> Any:
        limited = replace(limits, **self._limits)
        with self._sandbox.ask(package, limits=limited, cancellation=cancellation) as session:
            yield session


def publish(files: Mapping[str, bytes]) -> str:
    """Put a version into the cache; return its digest."""
    version_cache(versions_folder()).add(pack(files))
    return digest_of(files)


def publish_installed(slug: str) -> str:
    """Put an installed package into the cache as it is; return its digest."""
    return publish(files_of(find_package(slug).folder))


def changed(folder: Path, **texts: str) -> dict[str, bytes]:
    """The files of a folder; the texts replace those of the Python files of these names."""
    return files_of(folder) | {f"{name}.py": text.encode() for name, text in texts.items()}


def owned_job(slug: str, digest: str, source: str, **more: Any) -> Job:
    values = {"submission": "s", "token": "t", "seed": 7, "library": LIBRARY} | more
    return Job(exercise=slug, digest=digest, source=source, **values)


def graded_by(author: Any, sandbox: SandboxPool, job: Job) -> Report:
    """Grade a job whose package's code runs in this author's sandbox."""
    return grade(job, sandbox=sandbox, author_sandbox=lambda: author)
