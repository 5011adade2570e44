"""The website can have as many open files as the system allows, up to a limit of its own."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
from server.web.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 4096, 4096), (1024, 1024, 1024)])
def test_the_limit_is_raised_as_far_as_allowed(soft, hard, raised):
    script = SCRIPT.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert int(done.stdout) == raised
