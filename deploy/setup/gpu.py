"""`make gpu-test`: on a host with an NVIDIA GPU, run on it what is run on each engine, and what only a GPU can show.

The runtime `gpu` of this installation is what is tried: `deploy/sandbox/README.md` says how to set it.
"""

import os
import sys

from deploy.setup import image
from deploy.setup.base import VAR, main, only_one, say
from deploy.setup.debian import need
from deploy.setup.processes import stopped_by_signals
from deploy.setup.services import docker_engine, engine_answers
from deploy.setup.test import ENGINE, pytest

LOGS = VAR / "test"
# In one process: a GPU belongs to one worker, and some of these take all of it.
TESTS = ["-n", "0", "-m", "gpu", "tests/gpu", "tests/hostile", "tests/grader/sandboxes"]


def test() -> None:
    """Run them; exits with pytest's code."""
    with only_one("test"), stopped_by_signals():
        need({"mmdebstrap": "mmdebstrap"} if engine_answers() else {"mmdebstrap": "mmdebstrap"} | ENGINE)
        with docker_engine(LOGS) as host:
            env = {"CHAINRULE_NO_SILENT_SKIPS": "1", "CHAINRULE_GPU": "1"}
            if host:
                os.environ["DOCKER_HOST"] = env["DOCKER_HOST"] = host
            say(f"the sandbox image is {image.build('gpu')}")
            code = pytest(env, [*TESTS, *sys.argv[1:]])
    sys.exit(code)


if __name__ == "__main__":
    main(test)
