"""Opens the sandbox that a worker or a command line uses."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from grader.errors import NoSandbox, SandboxError
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.docker import DockerEngine
from grader.sandboxes.engine import Engine
from grader.sandboxes.layers import AUTHOR, LEARNER, Layer
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import EngineKind, Gpus, Reuse, Runtime, find_runtime, load_runtimes


def open_sandbox(
    runtime: str = "cpu",
    engine: str | None = None,
    *,
    slot: int = 0,
    on_replaced: Callable[[str], None] | None = None,
) -> SandboxPool:
    """Return a sandbox for a runtime of `deploy/runtimes.toml`; call `close` when done.

    If the runtime's engine does not answer, its fallback is used, unless `engine` names the one to use. `slot` is the
    number of this worker process among its siblings and decides which GPU it gets. `on_replaced` is called with the
    reason whenever a sandbox is replaced. Raises NoSandbox, with what to do about it, if no engine works.
    """
    chosen, started = open_engine(runtime, engine, slot=slot)
    return SandboxPool(started, _policy(chosen), on_replaced=on_replaced)


def open_author_sandbox(
    runtime: str = "cpu", engine: str | None = None, *, on_replaced: Callable[[str], None] | None = None
) -> SandboxPool:
    """Return a sandbox for the code of courses' packages, beside the sandbox of that runtime; see `SandboxPool.ask`.

    It has the same walls, and the grader's checks and references in addition. Raises NoSandbox as `open_sandbox` does.
    """
    runtimes = load_runtimes()
    reasons = []
    for candidate in _candidates(runtime, engine, runtimes):
        without_gpu = replace(candidate, image=candidate.author_image, gpus=Gpus.NONE, gpu_memory_mb=0)
        try:
            return SandboxPool(_start(without_gpu, 0, AUTHOR), _policy(candidate), on_replaced=on_replaced)
        except SandboxError as error:
            reasons.append(f"{candidate.engine}: {error}")
    raise NoSandbox("no author's instance can be used here: run `make image`.\n" + "\n".join(reasons))


def open_engine(runtime: str = "cpu", engine: str | None = None, *, slot: int = 0) -> tuple[Runtime, Engine]:
    """Return the runtime and the engine that `open_sandbox` uses with these arguments. Raises NoSandbox as it does."""
    runtimes = load_runtimes()
    reasons = []
    for candidate in _candidates(runtime, engine, runtimes):
        try:
            return candidate, _start(candidate, slot)
        except SandboxError as error:
            reasons.append(f"{candidate.engine}: {error}")
    raise NoSandbox(
        f"no sandbox for the runtime {runtime} can be used here. Install and start Docker, then run `make image`"
        f"{'' if runtime == 'gpu' else '; or install bubblewrap'}.\n" + "\n".join(reasons)
    )


def _candidates(name: str, engine: str | None, runtimes: Mapping[str, Runtime]) -> list[Runtime]:
    first = find_runtime(name, runtimes)
    both = [first, *([runtimes[first.fallback]] if first.fallback else [])]
    chosen = [candidate for candidate in both if engine in (None, str(candidate.engine))]
    if not chosen:
        raise NoSandbox(f"the runtime {name} does not run on {engine}: see deploy/runtimes.toml")
    return chosen


def _start(runtime: Runtime, slot: int, layer: Layer = LEARNER) -> Engine:
    docker = runtime.engine is EngineKind.DOCKER
    engine: Engine = DockerEngine(runtime, slot=slot, layer=layer) if docker else BubblewrapEngine(runtime, layer=layer)
    engine.check()
    return engine


def _policy(runtime: Runtime) -> Policy:
    return Policy(reuse=runtime.reuse is Reuse.WARM, max_jobs=runtime.max_jobs, min_idle=runtime.min_idle)
