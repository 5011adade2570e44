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
    said = capsys.readouterr().out
    assert "CUDA" in said
    assert "export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu" in said


def test_without_any_torch_the_set_up_fails(pip):
    with pytest.raises(SetupError, match="torch"):
        wheels.with_torch(["install"])


PIP_SETTINGS = """\
:env:.find-links='/wheels /more'
global.cert='/certificates.pem'
global.extra-index-url='https://one.example/simple https://two.example/simple'
global.find-links='/other'
global.index-url='https://mirror.example/simple'
install.index-url='https://for-installing.example/simple'
list.format='columns'
"""


def test_uv_looks_where_pip_is_told_to():
    assert wheels.index_variables(PIP_SETTINGS.splitlines()) == {
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/certificates.pem",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_DEFAULT_INDEX": "https://for-installing.example/simple",
    }


def test_pip_installs_if_uv_cannot(monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(wheels, "uv_program", lambda: tmp_path / "uv")
    monkeypatch.setattr(wheels, "uv_environment", dict)
    monkeypatch.setattr(wheels.subprocess, "run", lambda words, **_: ran.append(words) or Done(len(ran) == 1))

    assert wheels.pip(["install", "-r", "lock.txt"])

    assert [words[0].rpartition("/")[2] for words in ran] == ["uv", "python"]


class Done:
    """How a program ended."""

    def __init__(self, failed):
        self.returncode, self.stderr = int(failed), ""
