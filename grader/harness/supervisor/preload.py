"""Imports what submissions need, once, in the nursery, so that every child is born with it."""

import gc
import io
import os

from grader.harness.child import cuda
from grader.harness.memory import text_segment
from grader.harness.memory.heap import collapse_all, fill_holes, in_one_piece


def warm(*, rehearse: bool) -> str:
    """Import torch and what it only imports when used first; return its version.

    `rehearse` also runs a submission of our own, which a process whose children are to use a GPU must not do: autograd
    starts a thread for each GPU, and no thread survives a fork.
    """
    gc.disable()  # it would go through all that imports have made a hundred times, and hardly find anything
    with in_one_piece():
        version = _import_all()
        from grader.harness.child import global_state, warmup  # noqa: PLC0415 - they import torch

        with cuda.unseen():
            _touch()
        if rehearse:
            warmup.rehearse()
            text_segment.forget()
            warmup.rehearse()
            text_segment.hold()
        global_state.seed()
        fill_holes()
    # What is here now outlives every child: their collectors need not look at it, nor copy its pages.
    gc.freeze()
    gc.enable()
    collapse_all()
    if rehearse:
        _be_alone()
    cuda.require_unstarted()
    return version


def _import_all() -> str:
    import matplotlib as mpl  # noqa: PLC0415 - the order and the moment of these imports is what this function is for

    mpl.use("Agg")
    import matplotlib.pyplot  # noqa: F401, PLC0415
    import safetensors.torch  # noqa: F401, PLC0415
    import torch  # noqa: PLC0415
    import torch.fx.experimental.symbolic_shapes  # noqa: PLC0415 - half a second, on the first `jacrev`

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    return str(torch.__version__)


def _be_alone() -> None:
    """RuntimeError where there are other threads: a child would find for ever locked what they held at its birth."""
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise RuntimeError("something that was imported has left a thread behind")


def _touch() -> None:
    """Use, once, what sets itself up on first use."""
    import torch  # noqa: PLC0415
    from matplotlib import font_manager  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    x = torch.ones(2, dtype=torch.float64)
    torch.func.jvp(torch.sin, (x,), (x,))  # loads the rules of forward differentiation
    torch.func.vmap(torch.sin)(x)
    repr(x)
    optimizer = torch.optim.Adam([torch.nn.Parameter(x)])
    optimizer.zero_grad()
    optimizer.step()
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([0, 1], label="line")
    figure.savefig(io.BytesIO(), format="png", dpi=20)
    # A font is an open file, and no child inherits one: matplotlib would do this after `os.fork`, which is not ours.
    font_manager._get_font.cache_clear()  # type: ignore[attr-defined]
    torch.default_generator.manual_seed(0)  # `torch.manual_seed` would note down to seed a GPU, too, and who asked
