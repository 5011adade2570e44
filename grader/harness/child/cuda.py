"""Prepares a child for a GPU: CUDA does not survive a fork, so each child starts it, before its submission comes."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MIB = 1024 * 1024


@contextmanager
def hidden_from_torch() -> Iterator[None]:
    """Make torch find no GPU: counting the GPUs starts CUDA in this process, and then no child can start it."""
    import torch  # noqa: PLC0415 - `preload` imports this module first, and torch at a chosen moment

    original = torch.cuda.is_available
    torch.cuda.is_available = lambda: False
    try:
        yield
    finally:
        torch.cuda.is_available = original


def require_not_started() -> None:
    """Raise RuntimeError if this process has started CUDA."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(FileNotFoundError):  # the descriptor of the folder itself is closed already
            if os.readlink(f"/proc/self/fd/{name}").startswith("/dev/nvidia"):  # noqa: PTH115
                raise RuntimeError("something has started CUDA before the first fork: no child could use the GPU")


def initialise(memory_mb: int) -> None:
    """Start CUDA, switch off TF32, and limit this process to `memory_mb` of the GPU's memory (0: no limit).

    Torch's allocator keeps the limit, so an honest submission gets an error early. A dishonest one can take more
    memory, until its process ends.
    """
    import torch  # noqa: PLC0415 - `preload` imports torch at a chosen moment

    torch.cuda.init()  # type: ignore[no-untyped-call]
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if memory_mb:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mb * MIB / total))
    x = torch.ones(8, 8, device="cuda", requires_grad=True)
    (x @ x).sum().backward()  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()


def device_files() -> tuple[str, ...]:
    """Return the device files that the driver opens."""
    return tuple(sorted(glob.glob("/dev/nvidia*") + glob.glob("/dev/dri/render*")))  # noqa: PTH207
