"""How processes that belong together tell their numbers: each test starts some, as a machine would."""

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
from grader.worker.circuit_breaker import BreakerCollector

ROOT = Path(__file__).parents[3]

# A worker whose pool child grades something, as it prints what is told on its port.
WORKER = """
import os, urllib.request
from grader import metrics
from grader.telemetry.metrics import Collector, GaugeMetricFamily

class Out(Collector):
    def collect(self):
        yield GaugeMetricFamily("chainrule_worker_out", "", value=1)

metrics.tell([Out()])
if os.fork() == 0:
    metrics.graded.labels("cpu", "graded").inc()
    metrics.Laps().lap("judge")
    os._exit(0)
os.wait()
address = os.environ.get("CHAINRULE_METRICS_ADDRESS", "127.0.0.1")
print(os.environ[metrics.FOLDER])
print(urllib.request.urlopen(f"http://{address}:{metrics.PORT}/metrics", timeout=30).read().decode())
"""
FOLDER = "from grader import metrics; import os; print(os.environ.get(metrics.FOLDER)); print(metrics.PORT)"


@pytest.fixture
def start(tmp_path):
    """Run a program as a program called `name`, with these variables for metrics and no others."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CHAINRULE_M", "PROMETHEUS"))}

    def run(source, *, name="website", **env):
        path = tmp_path / name
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


def test_a_worker_tells_on_its_port_what_its_children_counted_and_leaves_nothing_behind(start):
    done = start(WORKER, name="celery", CHAINRULE_METRICS_PORT=str(free_port()))

    folder, _, text = done.stdout.partition("\n")
    told = values(text)
    assert told["chainrule_graded_total", "cpu", "graded"] == 1
    assert told["chainrule_grade_seconds_count", "judge"] == 1
    assert told["chainrule_worker_out",] == 1
    assert not Path(folder).exists()


def test_a_worker_goes_on_where_its_port_is_somebody_elses_and_says_so(start):
    with taken_port() as port:
        done = start(
            "from grader import metrics; metrics.tell(); print('goes on')",
            name="celery",
            CHAINRULE_METRICS_PORT=str(port),
        )

    assert done.stdout.endswith("goes on\n")
    assert "numbers_not_told" in done.stdout + done.stderr
    assert str(port) in done.stdout + done.stderr


def test_whoever_is_no_worker_has_no_use_for_its_port(start):
    done = start(f"{FOLDER}; metrics.tell()", CHAINRULE_METRICS_PORT="9100")

    assert (done.stdout, done.stderr) == ("None\n\n", "")


@pytest.mark.parametrize("variable", ["CHAINRULE_METRICS_TOKEN", "CHAINRULE_METRICS_TOKEN_FILE"])
def test_processes_of_one_website_share_a_folder_that_is_theirs_alone(start, variable, tmp_path):
    first, second = (start(FOLDER, **{variable: "hush"}).stdout.split()[0] for _ in range(2))

    assert first == second
    assert Path(first).parent == tmp_path
    assert Path(first).stat().st_mode & 0o777 == 0o700


def test_a_folder_that_an_operator_chose_is_kept_to(start, tmp_path):
    assert start(FOLDER, CHAINRULE_METRICS_TOKEN="hush", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).stdout.split() == [
        str(tmp_path)
    ]


def test_a_folder_that_somebody_else_put_there_is_refused_with_what_to_do(start, tmp_path):
    folder = Path(start(FOLDER, CHAINRULE_METRICS_TOKEN="hush").stdout.split()[0])
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")

    done = start(FOLDER, CHAINRULE_METRICS_TOKEN="hush")

    assert done.returncode == 1
    assert "is somebody else's: set PROMETHEUS_MULTIPROC_DIR to a folder of your own" in done.stderr


def test_who_imports_prometheus_first_is_told_at_once_and_not_by_numbers_that_lack(start):
    done = start(f"import prometheus_client; {FOLDER}", CHAINRULE_METRICS_TOKEN="hush")

    assert done.returncode == 1
    assert "ImportError: prometheus_client was imported before grader.telemetry.metrics" in done.stderr


def test_a_single_process_tells_its_own_numbers_and_what_collectors_say():
    metrics.swept.labels("sent again").inc()

    told = values(generate_latest(metrics.registry(BreakerCollector())).decode())

    assert told["chainrule_swept_total", "sent again"] >= 1
    assert told["chainrule_worker_out",] == 0
