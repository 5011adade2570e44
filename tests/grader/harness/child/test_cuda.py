import os

import pytest
import torch

from grader.harness.child import cuda


def test_while_the_nursery_warms_torch_finds_no_gpu_and_asks_nobody(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", asked := lambda: pytest.fail("asked"))

    with cuda.unseen():
        assert torch.cuda.is_available() is False

    assert torch.cuda.is_available is asked


def test_a_nursery_that_has_started_cuda_is_told_of_and_another_is_not(monkeypatch):
    cuda.require_unstarted()

    monkeypatch.setattr(os, "readlink", lambda _: "/dev/nvidiactl")
    with pytest.raises(RuntimeError, match="started CUDA"):
        cuda.require_unstarted()
