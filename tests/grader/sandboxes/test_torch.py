"""Torch works in a sandbox as elsewhere, also what courses use on first use."""

import pytest

from grader.sandboxes.base import Limits
from tests.grader.sandboxes.test_outcomes import call, run

PATIENT = Limits(wall_seconds=30)

USES = {
    "an optimizer": "p = torch.ones(2, requires_grad=True); o = torch.optim.Adam([p]); p.sum().backward(); o.step()",
    "a scheduler": "o = torch.optim.SGD([torch.ones(1, requires_grad=True)]); torch.optim.lr_scheduler.StepLR(o, 1)",
    "vmap and jacobians": "torch.func.vmap(torch.func.jacrev(torch.sin))(torch.ones(3))",
    "Hessians": "torch.func.hessian(torch.sin)(x)",
    "a Hessian the old way": "torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.ones(3))",
    "gradcheck": "torch.autograd.gradcheck(torch.sin, torch.ones(2, dtype=torch.float64, requires_grad=True))",
    "checkpointing": (
        "import torch.utils.checkpoint as c; y = torch.ones(2, requires_grad=True);"
        " c.checkpoint(torch.sin, y, use_reentrant=False).sum().backward()"
    ),
    "the compiler": "assert torch.compile(lambda x: x + 1, backend='eager')(torch.ones(2)).tolist() == [2.0, 2.0]",
    "deterministic algorithms": "torch.use_deterministic_algorithms(True); torch.ones(2).cumsum(0)",
    "a figure": "import matplotlib.pyplot as p, io; p.plot([1, 2]); p.savefig(io.BytesIO())",
    "a data loader": "from torch.utils import data as d; list(d.DataLoader(d.TensorDataset(torch.ones(4, 2))))",
    "saving and loading": "torch.save({'w': torch.ones(2)}, 'w.pt'); torch.load('w.pt')",
    "temporary files": "import tempfile; tempfile.NamedTemporaryFile().write(b'x'); tempfile.mkdtemp()",
    "threads": "import threading; t = threading.Thread(target=lambda: torch.ones(2).sum()); t.start(); t.join()",
    "a pool of threads": "import concurrent.futures as c; assert list(c.ThreadPoolExecutor(2).map(abs, [-1])) == [1]",
    "a process": "import os; pid = os.fork(); pid or os._exit(0); assert os.waitpid(pid, 0) == (pid, 0)",
    "logging": "import logging; logging.warning('a warning')",
    "numpy": "assert torch.ones(2).numpy().sum() == 2.0",
}


@pytest.mark.parametrize("use", USES)
def test_features_that_courses_use_work(sandbox, use):
    source = f"import torch\n\ndef f():\n    x = torch.tensor(1.0)\n    {USES[use]}\n    return 'done'\n"

    (observation,), _ = run(sandbox, source, call(), imports=("torch", "matplotlib"), limits=PATIENT)

    assert observation.error is None
    assert observation.value == "done"


def test_global_state_is_torchs_default(sandbox):
    source = (
        "import torch\n"
        "def f():\n"
        "    return (str(torch.get_default_dtype()), torch.is_grad_enabled(), torch.get_num_threads(),\n"
        "            torch.are_deterministic_algorithms_enabled(), torch.initial_seed())\n"
    )

    (observation,), _ = run(sandbox, source, call())

    assert observation.value == ("torch.float32", True, 1, False, 0)


def test_random_numbers_are_the_same_in_each_run(sandbox):
    source = (
        "import random\nimport numpy as np\nimport torch\n"
        "def f():\n"
        "    return (random.random(), float(np.random.rand()), float(torch.rand(())))\n"
    )

    drawn = [run(sandbox, source, call(), imports=("torch", "numpy"))[0][0].value for _ in range(3)]

    assert drawn[0] == drawn[1] == drawn[2]
    assert len(set(drawn[0])) == 3
