import os

import pytest
import torch

from grader.harness.child import cuda


def test_torch_finds_no_gpu_and_does_not_ask_the_driver(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", original := lambda: pytest.fail("asked"))

    with cuda.hidden_from_torch():
        assert torch.cuda.is_available() is False

    assert torch.cuda.is_available is original


def test_a_started_cuda_is_an_error(monkeypatch):
    cuda.require_not_started()

    monkeypatch.setattr(os, "readlink", lambda _: "/dev/nvidiactl")
    with pytest.raises(RuntimeError, match="started CUDA"):
        cuda.require_not_started()
