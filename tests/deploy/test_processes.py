import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.dev import processes
from deploy.dev.base import SetupError
from deploy.dev.processes import free_port, is_taken, running, stopped_by_signals, wait_until

FOREVER = "import signal; print('up', flush=True); signal.pause()"
WITH_A_CHILD = (
    "import subprocess, sys, signal; "
    f"child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); print(child.pid, flush=True); signal.pause()"
)
DEAF = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
)


def python(script):
    return [sys.executable, "-c", script]


def wait_for_words(process, log):
    wait_until(lambda: bool(log.read_text().strip()), name="it", process=process, log=log)


def test_a_process_ends_with_its_block(tmp_path):
    with running("it", python(FOREVER), log=tmp_path / "log") as process:
        wait_for_words(process, tmp_path / "log")

    assert not psutil.pid_exists(process.pid)


def test_a_process_ends_after_an_error_in_its_block(tmp_path):
    with (
        pytest.raises(RuntimeError, match="elsewhere"),
        running("it", python(FOREVER), log=tmp_path / "log") as process,
    ):
        raise RuntimeError("elsewhere")

    assert not psutil.pid_exists(process.pid)


def test_children_of_a_process_end_too(tmp_path):
    log = tmp_path / "log"
    with running("it", python(WITH_A_CHILD), log=log) as process:
        wait_for_words(process, log)
        child = psutil.Process(int(log.read_text().split()[0]))

    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    with running("it", python(DEAF), log=tmp_path / "log", patience=0.1) as process:
        wait_for_words(process, tmp_path / "log")

    assert process.returncode == -signal.SIGKILL


def test_a_process_ends_when_its_starter_is_killed(tmp_path):
    log = tmp_path / "log"
    starter = (
        "import signal; from pathlib import Path; from deploy.dev.processes import running\n"
        f"with running('it', {python(FOREVER)!r}, log=Path({str(log)!r})) as process:\n"
        "    print(process.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen(python(starter), stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        started = psutil.Process(int(process.stdout.readline()))
        process.kill()

    gone, alive = psutil.wait_procs([started], timeout=30)
    assert gone
    assert not alive


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(SetupError, match="the clock cannot be started"), running("the clock", ["/no/such"], log=None):
        pass


def test_a_process_that_exits_at_its_start_shows_its_log(tmp_path):
    log = tmp_path / "log"
    with running("the clock", python("print('no spring')"), log=log) as process:
        process.wait()
        with pytest.raises(SetupError, match=r"the clock exited at its start.*\n.*no spring"):
            wait_until(lambda: False, name="the clock", process=process, log=log)


def test_waiting_for_a_process_has_a_limit(tmp_path):
    log = tmp_path / "log"
    with (
        running("the clock", python(FOREVER), log=log) as process,
        pytest.raises(SetupError, match="the clock was not ready after 0 seconds"),
    ):
        wait_until(lambda: False, name="the clock", process=process, log=log, seconds=0)


def test_a_port_in_use_is_noticed():
    port = free_port()
    assert not is_taken(port)

    with socket.create_server(("127.0.0.1", port)):
        assert is_taken(port)


def test_a_free_port_is_below_the_ports_of_connections():
    assert all(1024 <= free_port() < 32_768 for _ in range(100))  # Linux uses ports from 32,768 for connections: ip(7)


def test_a_port_in_use_is_not_a_free_port(monkeypatch):
    monkeypatch.setattr(processes, "_PORTS", (20_000, 20_001))
    monkeypatch.setattr(processes, "is_taken", lambda port: port == 20_000)

    assert {free_port() for _ in range(20)} == {20_001}


def test_a_server_on_all_addresses_takes_the_port_too():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert is_taken(server.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_to_stop_ends_the_block(number):
    before = signal.getsignal(number)

    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        signal.raise_signal(number)

    assert signal.getsignal(number) == before
