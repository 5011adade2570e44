"""How the processes of one website or worker share their metrics. Each test starts real processes."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.processes import free_port
from grader.telemetry import metrics
from grader.worker.circuit_breaker import BreakerState

ROOT = Path(__file__).parents[3]

# A worker whose pool child grades something. It prints the folder and what its port serves.
WORKER = """
import os, urllib.request
from grader.telemetry import metrics, multiprocess
from grader.telemetry.metrics import Collector, GaugeMetricFamily

class Open(Collector):
    def collect(self):
        yield GaugeMetricFamily("chainrule_worker_circuit_open", "", value=1)

metrics.share_in_worker()
metrics.serve([Open()])
if os.fork() == 0:
    metrics.graded.labels("cpu", "graded").inc()
    metrics.PhaseTimer().end_phase("judge")
    os._exit(0)
os.wait()
address = os.environ.get("CHAINRULE_METRICS_ADDRESS", "127.0.0.1")
print(os.environ[multiprocess.FOLDER])
port = os.environ["CHAINRULE_METRICS_PORT"]
print(urllib.request.urlopen(f"http://{address}:{port}/metrics", timeout=30).read().decode())
"""
FOLDER = """
import os
from grader.telemetry import metrics, multiprocess
metrics.share_in_website()
print(os.environ.get(multiprocess.FOLDER))
"""


@pytest.fixture
def start(tmp_path):
    """Run a program with these variables for metrics and no others."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CHAINRULE_M", "PROMETHEUS"))}

    def run(source, **env):
        path = tmp_path / "program.py"
        path.write_text(source)
        env = own | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)} | env
        return subprocess.run([sys.executable, path], env=env, capture_output=True, text=True, timeout=60, check=False)

    return run


@contextmanager
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def values(text):
    families = text_string_to_metric_families(text)
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_a_worker_serves_what_its_children_counted(start):
    done = start(WORKER, CHAINRULE_METRICS_PORT=str(free_port()))

    folder, _, text = done.stdout.partition("\n")
    served = values(text)
    assert served["chainrule_graded_total", "cpu", "graded"] == 1
    assert served["chainrule_grade_seconds_count", "judge"] == 1
    assert served["chainrule_worker_circuit_open",] == 1
    assert not Path(folder).exists()


def test_what_was_counted_before_sharing_is_forgotten(start):
    source = WORKER.replace(
        "metrics.share_in_worker()", "metrics.errors.labels('early').inc(); metrics.share_in_worker()"
    )
    done = start(source, CHAINRULE_METRICS_PORT=str(free_port()))

    served = values(done.stdout.partition("\n")[2])
    assert served["chainrule_graded_total", "cpu", "graded"] == 1
    assert ("chainrule_errors_total", "early") not in served


def test_a_worker_continues_if_its_port_is_taken(start):
    with taken_port() as port:
        done = start(
            "from grader.telemetry import metrics; metrics.serve(); print('continues')",
            CHAINRULE_METRICS_PORT=str(port),
        )

    assert done.stdout.endswith("continues\n")
    assert "metrics_not_served" in done.stdout + done.stderr
    assert str(port) in done.stdout + done.stderr


def test_a_website_ignores_a_workers_port(start):
    done = start(FOLDER, CHAINRULE_METRICS_PORT="9100")

    assert (done.stdout, done.stderr) == ("None\n", "")


@pytest.mark.parametrize("variable", ["CHAINRULE_METRICS_TOKEN", "CHAINRULE_METRICS_TOKEN_FILE"])
def test_processes_of_one_website_share_a_private_folder(start, variable, tmp_path):
    first, second = (start(FOLDER, **{variable: "hush"}).stdout.split()[0] for _ in range(2))

    assert first == second
    assert Path(first).parent == tmp_path
    assert Path(first).stat().st_mode & 0o777 == 0o700


def test_an_operators_folder_is_used(start, tmp_path):
    assert start(FOLDER, CHAINRULE_METRICS_TOKEN="hush", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).stdout.split() == [
        str(tmp_path)
    ]


def test_a_folder_of_somebody_else_is_refused(start, tmp_path):
    folder = Path(start(FOLDER, CHAINRULE_METRICS_TOKEN="hush").stdout.split()[0])
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")

    done = start(FOLDER, CHAINRULE_METRICS_TOKEN="hush")

    assert done.returncode == 1
    assert "belongs to somebody else: set PROMETHEUS_MULTIPROC_DIR to a folder of your own" in done.stderr


def test_a_single_process_reports_its_values_and_its_collectors():
    metrics.reconciled.labels("sent again").inc()

    reported = values(generate_latest(metrics.registry(BreakerState())).decode())

    assert reported["chainrule_reconciled_total", "sent again"] >= 1
    assert reported["chainrule_worker_circuit_open",] == 0
