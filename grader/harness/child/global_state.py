"""Torch's global state as every submission finds it. The nursery changes none of it, but a rehearsal might."""

import random

import numpy as np
import torch


def reset() -> None:
    """Set what a submission relies on without knowing: precision, gradient mode, torch's seeds."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    # Not `torch.manual_seed`: for a GPU that nobody has started it notes down who called, line by line.
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(0)


def seed() -> None:
    """Seed, once and for all children, what no rehearsal draws from: a submission that is run again does the same."""
    random.seed(0)
    np.random.seed(0)
