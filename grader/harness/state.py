"""Torch's global state as every submission finds it. The keeper runs nothing that changes it, but a rehearsal might."""

import torch


def reset() -> None:
    """Set what a submission relies on without knowing: precision, gradient mode, seed."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.manual_seed(0)
