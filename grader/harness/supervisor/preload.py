"""Imports what submissions need, once, in the fork server, so that every child starts with it."""

import gc
import io
import os

from grader.harness.child import cuda
from grader.harness.memory import text_segment
from grader.harness.memory.heap import collapse_all, contiguous_arenas, fill_holes


def preload(*, run_warmup: bool) -> str:
    """Import torch and what it imports on first use; return its version.

    `run_warmup` also runs a tiny submission. A process whose children use a GPU must not do that: autograd starts a
    thread for each GPU, and no thread survives a fork.
    """
    gc.disable()  # it would walk all imported objects a hundred times and free almost nothing
    with contiguous_arenas():
        version = _import_all()
        # They import torch, which `_import_all` must do first.
        from grader.harness.child import global_state, warmup  # noqa: PLC0415

        with cuda.hidden_from_torch():
            _use_once()
        if run_warmup:
            warmup.warm_up()
            text_segment.drop_clean_pages()
            warmup.warm_up()
            text_segment.move_busiest_pages()
        global_state.seed()
        fill_holes()
    # What exists now outlives every child: their collectors need not look at it, nor copy its pages.
    gc.freeze()
    gc.enable()
    collapse_all()
    if run_warmup:
        _require_one_thread()
    cuda.require_not_started()
    return version


def _import_all() -> str:
    # The order and the moment of these imports is what this function is for.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot  # noqa: F401, PLC0415
    import safetensors.torch  # noqa: F401, PLC0415
    import torch  # noqa: PLC0415
    import torch.fx.experimental.symbolic_shapes  # noqa: PLC0415 - half a second, on the first `jacrev`

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    return str(torch.__version__)


def _require_one_thread() -> None:
    """Raise RuntimeError if there are other threads: locks that they hold at a fork stay locked in the child."""
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise RuntimeError("an imported package has left a thread behind")


def _use_once() -> None:
    """Call once what sets itself up on its first call."""
    # `_import_all` has imported these at the right moment; this module itself must not.
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
    # A font is an open file, and children inherit none. Matplotlib clears this cache after `os.fork`, which the fork
    # server does not call.
    font_manager._get_font.cache_clear()  # type: ignore[attr-defined]
    # `torch.manual_seed` would also record, with its caller, that a GPU must be seeded later.
    torch.default_generator.manual_seed(0)
