"""`make gpu-test`: on a host with an NVIDIA GPU, run the tests of every engine on it, and the tests of GPUs.

They use the runtime `gpu` of this installation: `deploy/sandbox/README.md` says how to set it.
"""

import sys

from deploy.dev import image
from deploy.dev.base import main, only_one, say
from deploy.dev.debian import ENGINE, need
from deploy.dev.processes import stopped_by_signals
from deploy.dev.services import engine_answers
from deploy.dev.test import an_engine, pytest

# In one process: a GPU belongs to one worker, and some tests use all of its memory.
TESTS = ["-n", "0", "-m", "gpu", "tests/gpu", "tests/security", "tests/grader/sandboxes"]


def test() -> None:
    """Run the tests; exits with pytest's code."""
    with only_one("test"), stopped_by_signals():
        need({} if engine_answers() else ENGINE)
        with an_engine() as env:
            say(f"the sandbox image is {image.build('gpu')}")
            code = pytest(env | {"CHAINRULE_NO_SILENT_SKIPS": "1", "CHAINRULE_GPU": "1"}, [*TESTS, *sys.argv[1:]])
    sys.exit(code)


if __name__ == "__main__":
    main(test)
