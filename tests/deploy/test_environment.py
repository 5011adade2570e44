import os
import subprocess
import sys
from hashlib import sha256
from zipfile import ZipFile

import pytest

from deploy.dev import environment, frontend, wheels
from deploy.dev.base import ROOT, SetupError


@pytest.fixture
def stamp(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    return tmp_path / "stamp"


@pytest.fixture
def installs(stamp, monkeypatch):
    """The parts of each installation, none of which does anything."""
    done = []
    monkeypatch.setattr(environment, "install_packages", lambda parts: done.append([path.stem for path in parts]))
    return done


def test_an_environment_in_step_with_the_locks_is_left_alone(installs):
    environment.make_environment()
    environment.make_environment()
    environment.make_environment(environment.RUNNING)

    assert installs == [["web", "grader", "sandbox", "dev"]]


def test_the_demo_installs_no_tools_and_tests_add_them(installs):
    environment.make_environment(environment.RUNNING)
    environment.make_environment()

    assert installs == [["web", "grader", "sandbox"], ["dev"]]


def test_a_part_whose_lock_has_changed_is_installed_again(installs, stamp):
    environment.make_environment()
    lines = stamp.read_text().splitlines()
    stamp.write_text("\n".join("web another-digest" if line.startswith("web ") else line for line in lines))

    environment.make_environment()

    assert installs[1:] == [["web"]]


def test_a_failed_installation_is_tried_again(stamp, monkeypatch):
    monkeypatch.setattr(environment, "pip", lambda *_, **__: False)

    with pytest.raises(SetupError, match="could not be installed"):
        environment.make_environment()

    assert not stamp.exists()


@pytest.fixture
def fresh_venv(tmp_path, monkeypatch):
    """An environment as on a new machine: with the pip that came with Python, even if it is old."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    monkeypatch.setattr(wheels, "VENV", venv)
    return venv


def wheel(folder, name, version, *needs):
    """Put an empty package into a folder; its line in a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    lines = [
        f"Name: {name}",
        f"Version: {version}",
        "Provides-Extra: more",
        *(f"Requires-Dist: {need}" for need in needs),
    ]
    with ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *lines, ""]))
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{sha256(path.read_bytes()).hexdigest()}\n"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_release_after_the_lock_changes_nothing(fresh_venv, tmp_path, monkeypatch, installer):
    uv = wheels.VENV.parents[0] / "no-uv" if installer == "pip" else environment.VENV / "bin" / "uv"
    monkeypatch.setattr(wheels, "uv_program", lambda: uv if uv.exists() else None)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    index = tmp_path / "index"
    index.mkdir()
    lock = tmp_path / "lock.txt"
    lock.write_text(wheel(index, "measured", "1.0") + wheel(index, "asking", "1.0", "measured[more]>=1.0"))
    wheel(index, "measured", "1.1")

    assert wheels.pip(["install", "--no-index", "--find-links", index, "-r", lock])

    assert list(fresh_venv.glob("lib/*/site-packages/measured-*")) == [
        next(fresh_venv.glob("lib/*/site-packages")) / "measured-1.0.dist-info"
    ]


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 15, 0), (2, 7, 18)])
def test_another_python_is_refused_with_instructions(monkeypatch, version):
    monkeypatch.setattr(environment, "succeeds", lambda command: False)
    monkeypatch.setattr(environment.sys, "version_info", version)

    with pytest.raises(SetupError, match=r"needs Python 3\.11 to 3\.14.*make PYTHON="):
        environment.make_venv()


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 1), (3, 13, 0), (3, 14, 0)])
def test_an_environment_is_made_with_each_python(monkeypatch, version):
    ran = []
    monkeypatch.setattr(environment, "succeeds", lambda command: "ensurepip" in command[-1])
    monkeypatch.setattr(environment, "run", ran.append)
    monkeypatch.setattr(environment.sys, "version_info", version)

    environment.make_venv()

    assert [command[1:3] for command in ran] == [["-m", "venv"]]


def test_the_makefile_skips_a_python_that_does_not_start(tmp_path):
    """A shim of pyenv is on the PATH even if its version is not chosen, and then fails."""
    for name, text in (("python3.11", "#!/bin/sh\nexit 127\n"), ("python3.12", "#!/bin/sh\nexit 0\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"

    shown = subprocess.run(
        ["make", "-n", "setup"], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )

    assert f"{tmp_path}/python3.12 -m deploy.dev.environment" in shown.stdout


def test_a_bundle_of_the_same_sources_is_not_built_again(tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "STAMP", tmp_path / "stamp")
    (tmp_path / "stamp").write_text(frontend.digest(frontend.sources()))
    monkeypatch.setattr(frontend, "run", lambda *_, **__: pytest.fail("builds again"))

    frontend.build_frontend()


def test_without_node_it_is_installed_from_a_wheel(monkeypatch):
    asked = []
    monkeypatch.setattr(frontend, "node_version", lambda: 0)
    monkeypatch.setattr(frontend, "pip", lambda arguments: asked.extend(arguments) or True)

    assert frontend.with_node()["PATH"].startswith(str(frontend.VENV / "bin"))
    assert frontend.REQUIREMENTS / "node.txt" in asked


def test_an_old_node_is_not_used(monkeypatch):
    monkeypatch.setattr(frontend, "node_version", lambda: 12)
    monkeypatch.setattr(frontend, "pip", lambda arguments: False)

    with pytest.raises(SetupError, match="Node 18 or newer"):
        frontend.with_node()
