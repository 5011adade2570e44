"""`make dev`: Chainrule for developers, on loopback only, until Ctrl+C. An edit shows within two seconds.

    what you edit                     what happens
    server/**/*.py                    the website and the records worker restart
    grader/**/*.py                    they and the grading worker restart
    deploy/runtimes.toml              the grading worker restarts
    templates                         nothing: every page reads them again
    exercises/                        nothing: pages and jobs read the files again if they have changed
    server/web/frontend/              esbuild builds the bundle again

DEBUG is on (`server.settings.dev`), all logs go to the terminal, and nothing is built or graded first. The database and
the demo course are those of `make demo`. Submissions run in bubblewrap, with the harness from this folder, unless
CHAINRULE_SANDBOX names another engine. PORT and CHAINRULE_VAR are as for `make demo`.
"""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from deploy.dev import demo
from deploy.dev.base import ROOT, VENV, main, say
from deploy.dev.frontend import SOURCES, with_node
from deploy.dev.processes import running
from deploy.dev.services import redis

BIN = VENV / "bin"
POLL_SECONDS = 0.2
# A task that runs longer is killed; its submission is sent again.
PATIENCE_SECONDS = 2
PYTHON_FOLDERS = ("server", "grader")


@dataclass
class Service:
    """A process that restarts if one of its files changes.

    `watched` are folders and files below the root; of a folder, Python files count.
    """

    name: str
    command: list[str | Path]
    watched: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path = ROOT
    process: Popen[bytes] | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start the process; its output goes to the terminal."""
        self.process = self._stack.enter_context(
            running(self.name, self.command, log=None, env=self.env, cwd=self.cwd, patience=PATIENCE_SECONDS)
        )

    def stop(self) -> None:
        """Stop the process, if it runs."""
        self._stack.close()
        self.process = None

    def has_ended(self) -> bool:
        """Whether the process exited by itself. True once, then the service counts as stopped."""
        if self.process is None or self.process.poll() is None:
            return False
        self.stop()
        return True

    def depends_on(self, path: Path) -> bool:
        """Whether a change of this file, a path below the root, restarts the service."""
        folder = path.suffix == ".py" and any(path.is_relative_to(part) for part in self.watched)
        return folder or str(path) in self.watched


def develop() -> None:
    """Start everything, then restart what edits change, until a signal."""
    demo.serve_until_stopped("dev", serve)


def serve(port: int, stack: ExitStack) -> None:
    """Prepare the database, start the services, and watch the files."""
    env = {"DJANGO_SETTINGS_MODULE": "server.settings.dev", "PYTHONUNBUFFERED": "1"}
    env["CHAINRULE_PUBLIC_URL"] = os.environ.get("CHAINRULE_PUBLIC_URL") or f"http://127.0.0.1:{port}"
    env["REDIS_URL"] = os.environ.get("REDIS_URL") or stack.enter_context(redis(demo.STATE / "dev"))
    env["CHAINRULE_SANDBOX"] = os.environ.get("CHAINRULE_SANDBOX") or "bubblewrap"
    demo.manage("demo", "--migrate", env=env)
    started = services(port, env)
    before = stamps()
    for service in started:
        stack.callback(service.stop)
        service.start()
    say(f"starting: http://127.0.0.1:{port} (Ctrl+C stops it; student1, ta, instructor, admin: name and password)")
    watch(started, before)


def services(port: int, env: Mapping[str, str]) -> list[Service]:
    """The website, the two workers, and esbuild."""
    web: list[str | Path] = [
        BIN / "granian",
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    celery: list[str | Path] = [BIN / "celery", "-A"]
    grading = [*celery, demo.GRADER_APP, "worker", "-Q", "grading.cpu,regrading.cpu", "-n", "grading@%h"]
    records = [*celery, "server", "worker", "-B", "-Q", "records", "-n", "records@%h"]
    one = ["--concurrency", "1", "--loglevel", "INFO"]
    return [
        Service("web", [*web, "server.asgi:application"], PYTHON_FOLDERS, env),
        Service("records", [*records, *one], PYTHON_FOLDERS, env),
        Service("grading", [*grading, *one], ("grader", "deploy/runtimes.toml"), env),
        Service("styles", ["npm", "run", "--silent", "watch"], (), {**env, **with_node()}, cwd=SOURCES),
    ]


def watch(started: list[Service], before: Mapping[Path, int]) -> None:
    """Restart services whose files change, for ever. A service that exits by itself starts again after an edit."""
    while True:
        time.sleep(POLL_SECONDS)
        after = stamps()
        changed = differences(before, after)
        before = after
        restart(started, changed)
        for service in started:
            if service.has_ended():
                say(f"{service.name} exited: see above. It starts again after an edit")


def restart(started: Iterable[Service], changed: Iterable[Path]) -> None:
    """Restart the services that depend on one of the changed files."""
    paths = list(changed)
    for service in started:
        cause = next((path for path in paths if service.depends_on(path)), None)
        if cause is not None:
            say(f"{cause} changed: restarting {service.name}")
            service.stop()
            service.start()


def stamps(root: Path = ROOT) -> dict[Path, int]:
    """When each watched file was changed, in nanoseconds, by its path below the root."""
    found = {Path("deploy/runtimes.toml"): root / "deploy" / "runtimes.toml"}
    for folder in PYTHON_FOLDERS:
        for place, folders, names in os.walk(root / folder):
            folders[:] = [name for name in folders if name not in ("__pycache__", "node_modules")]
            paths = (Path(place, name) for name in names if name.endswith(".py"))
            found |= {path.relative_to(root): path for path in paths}
    return {name: stamp for name, path in found.items() if (stamp := changed_at(path)) is not None}


def changed_at(path: Path) -> int | None:
    """When a file was changed; None if it is gone, as for a moment while an editor saves it."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def differences(before: Mapping[Path, int], after: Mapping[Path, int]) -> list[Path]:
    """The files that are new, gone or changed."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


if __name__ == "__main__":
    main(develop)
