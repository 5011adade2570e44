"""A Docker engine for tests, on a small disk, so that tests can kill it, stop it and fill its disk."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from deploy.dev.base import succeeds
from deploy.dev.image import wanted_tag
from deploy.dev.services import dockerd
from tests.chaos.parts import Part, until

DISK = "3g"


class Engine(Part):
    """A `dockerd` whose data are on a file system of its own."""

    def __init__(self, folder, *, logs):
        self.host = f"unix://{folder}/docker.sock"
        self.disk = folder / "disk"
        self._containerd_pid = folder / "exec" / "containerd" / "containerd.pid"
        super().__init__("engine", dockerd(folder, self.host, root=self.disk), folder=logs, timeout=60)

    def start(self):
        # A new dockerd waits for the containerd of the old one. That process is dead, but until it is reaped it seems
        # to be alive: without its pid file, dockerd does not wait.
        self._containerd_pid.unlink(missing_ok=True)
        super().start()

    def answers(self):
        return succeeds(["docker", "-H", self.host, "version"])

    def fill_the_disk(self):
        subprocess.run(["dd", "if=/dev/zero", f"of={self.disk}/filling", "bs=1M"], check=False, capture_output=True)

    def free_the_disk(self):
        (self.disk / "filling").unlink()


@contextmanager
def own_engine(logs):
    """Run an engine that has the sandbox image of this checkout, copied from the engine that DOCKER_HOST names."""
    folder = Path(tempfile.mkdtemp(prefix="chainrule-engine-"))
    engine = Engine(folder, logs=logs)
    engine.disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "chainrule-faults", engine.disk], check=True)
    try:
        engine.start()
        until(engine.answers, parts=[engine], name="the engine", seconds=60)
        _copy_image(wanted_tag("cpu"), "chainrule-sandbox-cpu:latest", engine.host)
        yield engine
    finally:
        engine.stop()
        subprocess.run(["umount", "-l", engine.disk], check=False)
        subprocess.run(["rm", "-rf", folder], check=False)


def _copy_image(tag, latest, host):
    with subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE) as saving:
        subprocess.run(["docker", "-H", host, "load", "-q"], stdin=saving.stdout, check=True, capture_output=True)
    subprocess.run(["docker", "-H", host, "tag", tag, latest], check=True, env=os.environ)
