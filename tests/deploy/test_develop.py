"""`make dev`: an edit arrives. The test prints how long it took; no test asserts seconds."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.dev import develop
from deploy.dev.base import ROOT, git_files
from deploy.dev.processes import free_port
from deploy.dev.services import redis

PATIENCE = 180
TEMPLATE = "server/web/templates/account/login.html"
CHECKS = "exercises/gradients/sum_of_matrix/checks.py"
FRONTEND = Path("server/web/frontend")
COPIED = ("server", "grader", "exercises", "deploy", "manage.py")


@pytest.mark.parametrize(
    ("changed", "restarted"),
    [
        ("server/api/tokens.py", ["web", "records"]),
        ("grader/protocol/jobs.py", ["web", "records", "grading"]),
        ("deploy/runtimes.toml", ["grading"]),
        ("exercises/derivatives/sin/checks.py", []),
        ("server/web/templates/base.html", []),
    ],
)
def test_a_change_restarts_what_depends_on_it(changed, restarted):
    services = develop.services(8000, {})

    assert [service.name for service in services if service.depends_on(Path(changed))] == restarted


def test_new_changed_and_deleted_files_are_differences():
    before = {Path("same"): 1, Path("changed"): 1, Path("gone"): 1}
    after = {Path("same"): 1, Path("changed"): 2, Path("new"): 1}

    assert develop.differences(before, after) == [Path("changed"), Path("gone"), Path("new")]


def test_python_files_of_server_and_grader_are_watched():
    watched = develop.stamps()

    assert {Path("server/urls.py"), Path("grader/errors.py"), Path("deploy/runtimes.toml")} <= watched.keys()
    assert not [path for path in watched if "node_modules" in path.parts]


def test_a_service_that_exits_starts_again_after_an_edit(capfd):
    service = develop.Service("it", [sys.executable, "-c", "print('started')"], ("server",), {})
    service.start()
    service.process.wait()

    assert service.has_ended()
    assert not service.has_ended()
    develop.restart([service], [Path("server/urls.py")])
    service.process.wait()
    service.stop()

    assert capfd.readouterr().out.count("started\n") == 2


@pytest.fixture
def copy(tmp_path):
    """A copy of the project that can be edited; packages and the built bundle are those of this one."""
    root = tmp_path / "project"
    for path in git_files():
        if path.parts[0] in COPIED:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, root / path)
    shutil.copytree(ROOT / "server/web/static/build", root / "server/web/static/build")
    (root / ".venv").symlink_to(ROOT / ".venv")
    (root / FRONTEND / "node_modules").symlink_to((ROOT / FRONTEND / "node_modules").resolve())
    return root


@contextmanager
def development(root, log):
    """Run `make dev` in a copy, with a Redis of its own; yields its address and its environment."""
    port = free_port()
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CHAINRULE_SANDBOX")}
    command = [sys.executable, "-m", "deploy.dev.develop"]
    with redis(root / "var") as url:
        env = given | {"PORT": str(port), "CHAINRULE_VAR": str(root / "var"), "REDIS_URL": url}
        with log.open("wb") as out, subprocess.Popen(command, cwd=root, env=env, stdout=out, stderr=out) as process:
            try:
                yield f"http://127.0.0.1:{port}", env
            finally:
                process.send_signal(signal.SIGINT)


def page(address):
    try:
        with urllib.request.urlopen(f"{address}/accounts/login/", timeout=10) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def wait_for(ready, what, log):
    begin = time.monotonic()
    while not ready():
        assert time.monotonic() - begin < PATIENCE, f"{what}\n{log.read_text()[-5000:]}"
        time.sleep(0.05)
    print(f"{what}: {time.monotonic() - begin:.1f} s")


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def graded(root, env):
    """What the running system gives for the solution of an exercise, as "points/all points"."""
    command = [sys.executable, "manage.py", "grade_samples", "--timeout", str(PATIENCE), "gradients/sum-of-matrix"]
    done = subprocess.run(
        command,
        cwd=root,
        env=env | {"DJANGO_SETTINGS_MODULE": "server.settings.dev"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()[1]


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.bubblewrap
def test_edits_arrive_in_pages_styles_and_grading(copy, tmp_path):
    log = tmp_path / "log"
    styles = copy / "server/web/static/build/styles.css"
    with development(copy, log) as (address, env):
        wait_for(lambda: page(address), "the first page", log)

        edit(copy / TEMPLATE, "I have a course code", "edited template")
        wait_for(lambda: "edited template" in page(address), "an edited template", log)

        edit(copy / "server/web/apps.py", "class ", "print('edited module')\n\n\nclass ")
        wait_for(lambda: "edited module" in log.read_text() and page(address), "an edited module", log)

        edit(copy / FRONTEND / "styles/base.css", "/* Plain elements. */", ".edited-style { color: red }")
        wait_for(lambda: "edited-style" in styles.read_text(), "an edited style", log)

        assert graded(copy, env) == "10/10"
        edit(copy / CHECKS, "points=6", "points=8")
        assert graded(copy, env) == "12/12"
