"""Makes a child ready for a GPU: CUDA does not survive a fork, so each child starts it, ahead of its program."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MIB = 1024 * 1024


@contextmanager
def unseen() -> Iterator[None]:
    """Let torch find no GPU: to ask CUDA how many there are starts it, and then no child can."""
    import torch  # noqa: PLC0415 - this module is also read by those who have no torch

    asked = torch.cuda.is_available
    torch.cuda.is_available = lambda: False
    try:
        yield
    finally:
        torch.cuda.is_available = asked


def require_unstarted() -> None:
    """RuntimeError where this process has started CUDA."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(FileNotFoundError):  # the folder's own descriptor is gone already
            if os.readlink(f"/proc/self/fd/{name}").startswith("/dev/nvidia"):  # noqa: PTH115
                raise RuntimeError(
                    "something has started CUDA before there were children, and none of them could use it"
                )


def initialise(memory_mb: int) -> None:
    """Start CUDA, compute exactly (no TF32), and keep to `memory_mb` of the GPU's memory (0: all of it).

    The cap is the allocator's: it tells an honest submission early. What a dishonest one takes beyond ends with it.
    """
    import torch  # noqa: PLC0415

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
