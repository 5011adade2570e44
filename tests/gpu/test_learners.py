"""What learners get on a GPU: results are read from it, and their mistakes with it are explained."""

import pytest
import torch

from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package
from grader.protocol.jobs import Job
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Limits
from grader.verification.package import verify
from tests.grader.sandboxes.test_outcomes import call, run
from tests.support.engines import GPU

if not GPU:
    pytest.skip("needs an NVIDIA GPU, and `make gpu-test`", allow_module_level=True)

pytestmark = [pytest.mark.gpu, pytest.mark.slow]

SLUG = "nets/classifier-gpu"
SOLUTION = find_package(SLUG).solution
PATIENT = Limits(wall_seconds=60)


def graded(source, sandbox, **options):
    job = Job(submission="gpu", token="gpu", exercise=SLUG, digest="", source=source, seed=7, runtime="gpu")
    return grade(job, sandbox=sandbox, **options)


def hints(report):
    return {finding.check: finding.hint for finding in report.findings}


def test_the_solution_gets_full_points_and_streams_its_losses(sandbox):
    progress = []

    report = graded(SOLUTION, sandbox, on_progress=progress.append)

    assert (report.points, report.max_points) == (10, 10)
    assert any("loss" in each for each in progress)


def test_the_package_passes_its_checks_on_a_gpu(sandbox):
    assert verify(SLUG, sandbox=sandbox).problems == []


def test_inputs_and_results_are_on_the_gpu(sandbox):
    x = torch.arange(3.0, dtype=torch.float64)

    (observation,), _ = run(sandbox, "def f(x):\n    return x * 2, str(x.device)\n", call(x), limits=PATIENT)

    assert observation.value[0].tolist() == [0.0, 2.0, 4.0]
    assert observation.value[1] == observation.facts["[0]"].device == "cuda:0"


def test_single_precision_is_not_reduced(sandbox):
    a = torch.randn(200, 200, generator=torch.Generator().manual_seed(1))

    (observation,), _ = run(sandbox, "def f(a):\n    return a @ a\n", call(a), limits=PATIENT)

    exact = a.double() @ a.double()
    assert (observation.value - exact).abs().max() < 1e-4


def test_results_on_the_cpu_are_a_finding(sandbox):
    source = SOLUTION.replace("torch.autograd.grad(loss", "(g.cpu() for g in torch.autograd.grad(loss")
    source = source.replace("list(tracked.values()))", "list(tracked.values())))")

    report = graded(source, sandbox)

    assert "wrong_device" in {finding.message for finding in report.findings}


def test_tensors_on_two_devices_are_explained(sandbox):
    source = SOLUTION.replace('+ tracked["b1"])', '+ tracked["b1"] + torch.ones(x.shape[0], 1))')

    report = graded(source, sandbox)

    assert hints(report)["output_layer"] == "hint.devices"


def test_an_index_error_is_explained_and_ends_with_its_submission(sandbox):
    source = SOLUTION.replace('tracked["b2"], y)', 'tracked["b2"], y + 1000)')

    report = graded(source, sandbox)

    assert report.outcome is Outcome.GRADED
    assert hints(report)["output_layer"] == "hint.gpu_index"
    assert graded(SOLUTION, sandbox).points == 10


def test_exhausted_gpu_memory_is_named(sandbox):
    source = "import torch\ndef f(x):\n    return torch.ones(2**34, device=x.device).sum()\n"

    _, ending = run(sandbox, source, call(torch.ones(1)), limits=PATIENT)

    assert ending.outcome is Outcome.OUT_OF_MEMORY
    assert ending.evidence["memory"] == "gpu"


def test_memory_of_a_waiting_process_does_not_count(sandbox):
    source = "import torch\ndef f(x):\n    return bytearray(700_000_000)[0]\n"

    (observation,), ending = run(sandbox, source, call(torch.ones(1)), limits=Limits(wall_seconds=60, memory_mb=1024))

    assert ending.outcome is Outcome.GRADED
    assert observation.value == 0


def test_gpu_generators_have_the_same_seed_in_each_run(sandbox):
    source = "import torch\ndef f(x):\n    return torch.rand(4, device=x.device)\n"

    first, second = (run(sandbox, source, call(torch.ones(1)), limits=PATIENT)[0][0].value for _ in range(2))

    assert torch.equal(first, second)
