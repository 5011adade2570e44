"""The global state of torch and random that every submission starts with; a warm-up could have changed it."""

import random

import numpy as np
import torch


def reset() -> None:
    """Set the default dtype, the gradient mode and torch's seeds."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    # Not `torch.manual_seed`: if no GPU was started, it records the whole call stack for later.
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(0)


def seed() -> None:
    """Seed `random` and numpy, once for all children, so that a run can be repeated; no warm-up draws from them."""
    random.seed(0)
    np.random.seed(0)
