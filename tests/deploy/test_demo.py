import os
import re
import signal
import socket
import subprocess
import sys

import psutil
import pytest
import requests

from deploy.dev import demo
from deploy.dev.base import ROOT, SetupError
from deploy.dev.processes import free_port

COMMAND = [sys.executable, "-m", "deploy.dev.demo"]


def environment(tmp_path, port):
    return {
        **{name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")},
        "PORT": str(port),
        "CHAINRULE_VAR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }


def test_a_port_in_use_is_reported_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            COMMAND, cwd=ROOT, env=environment(tmp_path, port), capture_output=True, text=True, check=False
        )

    assert done.returncode == 1
    assert done.stderr.startswith(f"chainrule: port {port} is in use")
    assert list(tmp_path.iterdir()) == []


def test_without_any_sandbox_the_error_names_both_kinds():
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "CHAINRULE_SANDBOX": "docker"}

    with pytest.raises(SetupError, match=r"(?s)Docker engine.*bubblewrap.*no Docker engine answers"):
        demo.probed_sandbox(nowhere)


INTERRUPTED = """
from deploy.dev.demo import manage, stopped_by_signals
with stopped_by_signals():
    try:
        env = {"DJANGO_SETTINGS_MODULE": "server.settings.demo"}
        manage("shell", "--no-imports", "-c", "import signal; print('up', flush=True); signal.pause()", env=env)
    except KeyboardInterrupt:
        print("stopping")
"""


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path):
    """When somebody presses Ctrl+C, the terminal signals the whole foreground group."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=ROOT,
        env=environment(tmp_path, free_port()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60) == ("stopping\n", "")


def test_a_management_command_that_fails_is_named():
    with pytest.raises(SetupError, match=r"`manage\.py no_such_command` failed with exit code 1"):
        demo.manage("no_such_command", env={"DJANGO_SETTINGS_MODULE": "server.settings.test"})


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.redis
def test_the_demo_grades_its_samples_serves_and_leaves_nothing_behind(tmp_path):
    env = environment(tmp_path, free_port())
    with subprocess.Popen(COMMAND, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = list(until_ready(process))
            started = psutil.Process(process.pid).children(recursive=True)
            address = f"http://127.0.0.1:{env['PORT']}"
            links = page_of("instructor", address, "/courses/autograd-demo/teach/integrations/lms/")
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert sum(bool(re.search(r": 10/10 in .* \(docker, cpu\)", line)) for line in lines) == len(demo.SAMPLES)
    assert f"{address}/lti/launch" in links  # it knows its own address
    assert len(started) >= len(("redis", "web", "grading", "records"))
    assert rest.endswith("chainrule: stopping\n")
    assert process.returncode == 0
    assert psutil.wait_procs(started, timeout=30)[1] == []


def until_ready(process):
    """The demo's output until the last line, which comes when it is ready."""
    for line in process.stdout:
        yield line
        if "accounts:" in line:
            return


def page_of(name, address, path):
    """A page for a signed-in person, if the password is the name."""
    with requests.Session() as session:
        session.get(f"{address}/accounts/login/", timeout=60).raise_for_status()
        form = {"login": name, "password": name, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        session.post(f"{address}/accounts/login/", data=form, timeout=60).raise_for_status()
        return session.get(f"{address}{path}", timeout=60).text
