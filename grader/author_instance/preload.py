"""Imports what packages need, once, in the fork server, so that every child starts with it."""

import gc
import importlib
import os

from grader.harness.child import cuda
from grader.harness.memory import text_segment
from grader.harness.memory.heap import collapse_all, contiguous_arenas, fill_holes

MODULES = (
    "torch",
    "torch.fx.experimental.symbolic_shapes",  # half a second, on the first `jacrev`
    "grader.authoring",
    "grader.checks.figures",
    "grader.checks.predictions",
    "grader.grading.in_process",
    *(f"grader.references.{name}" for name in ("autograd", "datasets", "expressions", "finite", "optimizers")),
    *(f"grader.references.{name}" for name in ("two_layers", "unseen", "wrong_optimizers")),
)


def preload() -> str:
    """Import torch, the checks and the references, and read the data sets; return the version of torch."""
    gc.disable()  # it would walk all imported objects a hundred times and free almost nothing
    with contiguous_arenas():
        for name in MODULES:
            importlib.import_module(name)
        with cuda.hidden_from_torch():
            version = _use_once()
        fill_holes()
    # What exists now outlives every child: their collectors need not look at it, nor copy its pages.
    gc.freeze()
    gc.enable()
    collapse_all()
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise RuntimeError("an imported package has left a thread behind")
    cuda.require_not_started()
    return version


def _use_once() -> str:
    """Call once what sets itself up on its first call; return the version of torch."""
    # `preload` has imported these at the right moment.
    import torch  # noqa: PLC0415

    from grader.author_instance.warmup import warm_up  # noqa: PLC0415
    from grader.harness.child import global_state  # noqa: PLC0415
    from grader.references import datasets  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    datasets.iris()
    datasets.digits()
    x = torch.ones(2, dtype=torch.float64)
    torch.func.jvp(torch.sin, (x,), (x,))  # loads the rules of forward differentiation
    torch.func.vmap(torch.sin)(x)
    torch.func.jacrev(torch.sin)(x)
    optimizer = torch.optim.Adam([torch.nn.Parameter(x)])
    optimizer.zero_grad()
    optimizer.step()
    warm_up()
    text_segment.drop_clean_pages()
    warm_up()
    text_segment.move_busiest_pages()
    global_state.reset()
    global_state.seed()
    return str(torch.__version__)
