"""Verify many packages at once: one process and one sandbox per job; results come in the order of the slugs."""

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import torch

from grader.packages.catalogue import find_package, packages
from grader.sandboxes.base import Sandbox
from grader.sandboxes.select import open_sandbox
from grader.telemetry import logs
from grader.verification.package import VerificationResult, fingerprint_of, verify

_sandbox: Sandbox | None = None
_engine: str | None = None
_runtime = "cpu"


def verify_all(
    slugs: Sequence[str], *, engine: str | None = None, runtime: str = "cpu", jobs: int = 2
) -> Iterator[VerificationResult]:
    """Yield the result of each slug, or of every package if `slugs` is empty.

    Packages for GPUs name no device in their cases, so they can be verified on the CPU too. Raises UnknownExercise
    before anything runs if a slug does not exist.
    """
    chosen = [find_package(slug).slug for slug in slugs] or [package.slug for package in packages()]
    # Spawned, not forked: fingerprints are compared between processes, so the processes must share no state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, min(jobs, len(chosen))), context, _begin, (engine, runtime)) as pool:
        yield from pool.map(_verify_one, chosen, [fingerprint_of(slug) for slug in chosen])
        list(pool.map(_end, range(2 * jobs)))


def _begin(engine: str | None, runtime: str) -> None:
    global _engine, _runtime
    _engine, _runtime = engine, runtime
    logs.configure(level=logging.WARNING)  # as the command line does: stdout holds only the results
    torch.set_num_threads(1)


def _verify_one(slug: str, fingerprint: str) -> VerificationResult:
    global _sandbox  # noqa: PLW0603
    if _sandbox is None:
        _sandbox = open_sandbox(runtime=_runtime, engine=_engine)
    return verify(slug, sandbox=_sandbox, fingerprint=fingerprint)


def _end(_: int) -> None:
    global _sandbox  # noqa: PLW0603
    if _sandbox is not None:
        _sandbox.close()
        _sandbox = None
