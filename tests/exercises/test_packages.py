"""`verify` finds no problem in any package, in the sandbox that grades."""

import json
import subprocess
import sys

import pytest

from grader.packages.catalogue import packages
from grader.sandboxes.select import open_sandbox
from grader.verification.package import verify

SLUGS = [package.slug for package in packages()]
CATALOGUE = {
    "tracking/leaf-tensors", "tracking/computational-graph", "tracking/stop-gradient",
    "gradients/two-variables", "gradients/sum-of-matrix", "gradients/vector-backward", "gradients/jacobian-products",
    "gradients/zeroing", "gradients/in-place", "gradients/higher-order", "derivatives/sin",
    "training/linear-regression", "training/gradient-accumulation", "nets/classifier", "nets/classifier-gpu",
    "optimizers/step-rules", "optimizers/comparison", "visualise/gradient-flow",
    "functions/custom-function", "functions/straight-through", "functions/hessian-vector",
    "functions/through-the-optimizer", "engine/scalar-engine",
}  # fmt: skip

FINGERPRINTS = """
import json, sys
from grader.verification.package import fingerprint_of
print(json.dumps({slug: fingerprint_of(slug) for slug in sys.argv[1:]}))
"""

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def sandbox():
    sandbox = open_sandbox(engine="docker")
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def fingerprints():
    """The fingerprints of the same seeds in another process."""
    command = [sys.executable, "-c", FINGERPRINTS, *SLUGS]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)


def test_the_catalogue_is_complete():
    assert CATALOGUE - set(SLUGS) == set()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_package_passes_verify(slug, sandbox, fingerprints):
    assert verify(slug, sandbox=sandbox, fingerprint=fingerprints[slug]).problems == []
