import pytest

from deploy.dev import wheels
from deploy.dev.base import SetupError


@pytest.fixture
def pip(monkeypatch):
    """A pip that succeeds if `pip.found` has the file; `pip.calls` lists its calls."""

    class Pip:
        found = set()
        calls = []

        def __call__(self, arguments, *, quiet=False):
            self.calls = [*self.calls, arguments[-1].name]
            return arguments[-1].name in self.found

    fake = Pip()
    monkeypatch.setattr(wheels, "pip", fake)
    return fake


def test_the_cpu_build_of_torch_is_enough(pip):
    pip.found = {"torch-cpu.txt"}

    wheels.with_torch(["install"])

    assert pip.calls == ["torch-cpu.txt"]


def test_without_a_cpu_build_the_cuda_build_is_used(pip, capsys):
    pip.found = {"torch-cuda.txt"}

    wheels.with_torch(["install"])

    assert pip.calls == ["torch-cpu.txt", "torch-cuda.txt"]
    assert "CUDA" in capsys.readouterr().out


def test_without_any_torch_the_set_up_fails(pip):
    with pytest.raises(SetupError, match="torch"):
        wheels.with_torch(["install"])
