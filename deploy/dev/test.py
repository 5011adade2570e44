"""`make test` and `make nightly`: start the services that tests need, run every check and the tests, stop the services.

`make test` leaves out the tests that are marked `nightly`; `make nightly` runs only these.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.dev import image
from deploy.dev.audit import audit
from deploy.dev.base import VAR, VENV, main, only_one, say
from deploy.dev.checks import check
from deploy.dev.debian import ENGINE, PROGRAMS, find, need
from deploy.dev.passed import committed_tree, note_passed
from deploy.dev.processes import running, stopped_by_signals
from deploy.dev.services import docker_engine, engine_answers, postgres, redis

LOGS = VAR / "test"
# pytest's exit code if no test was selected.
NOTHING_TO_RUN = 5


def test() -> None:
    """Run everything; exits with pytest's code."""
    with only_one("test"), stopped_by_signals():
        tested = None if sys.argv[1:] else committed_tree()
        need(PROGRAMS if engine_answers() else PROGRAMS | ENGINE)
        check()
        audit()
        with services() as env:
            code = on_both_databases(env, sys.argv[1:])
        if code == 0:
            note_passed(tested)
    sys.exit(code)


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Run the servers and build the image; yields the variables with their addresses."""
    with ExitStack() as stack:
        env = {
            "REDIS_URL": stack.enter_context(redis(LOGS)),
            "CHAINRULE_TEST_POSTGRES": stack.enter_context(postgres(LOGS)),
            "CHAINRULE_CHROMIUM": str(find("chromium")),
            "CHAINRULE_NO_SILENT_SKIPS": "1",
        }
        env |= stack.enter_context(an_engine())
        say(f"the sandbox image is {image.build()}")
        say(f"the image of the author's instance is {image.build_author()}")
        yield env


@contextmanager
def an_engine() -> Iterator[dict[str, str]]:
    """Start a Docker engine if none answers; yields the variable with its address, or nothing if one was there."""
    with docker_engine(LOGS) as host:
        if host:
            os.environ["DOCKER_HOST"] = host
        yield {"DOCKER_HOST": host} if host else {}


def on_both_databases(env: dict[str, str], arguments: list[str]) -> int:
    """Run the tests, then those that use the database again on PostgreSQL; an exit code for both runs.

    In the first run, tests that use the database in their own process have SQLite. Systems of several processes
    (`tests.support.system`) have PostgreSQL in both. Tests with the mark `walk` run on PostgreSQL only.
    """
    first = pytest(env | {"CHAINRULE_WALKS_FOLLOW": "1"}, arguments)
    say("the tests that use the database, again on PostgreSQL")
    again = {"DATABASE_URL": env["CHAINRULE_TEST_POSTGRES"], "CHAINRULE_ONLY_WITH_DATABASE": "1"}
    second = pytest(env | again, arguments)
    codes = {first, second}
    # One of the runs can have nothing to do: no selected test uses the database, or all are walks.
    if codes != {NOTHING_TO_RUN}:
        codes.discard(NOTHING_TO_RUN)
    return max(codes)


def pytest(env: dict[str, str], arguments: list[str]) -> int:
    """Run pytest with these arguments; its exit code. Its summary is the last thing that is printed."""
    # Of two `-m`, pytest takes the last.
    options = ["-n", "2", "--dist", "worksteal", "-m", "not nightly"]
    command: list[str | Path] = [VENV / "bin" / "pytest", *options, *arguments]
    # After SIGINT, unlike SIGTERM, pytest runs the teardown of its fixtures.
    with running("pytest", command, log=None, env=env, stop_signal=signal.SIGINT, patience=60) as process:
        return process.wait()


if __name__ == "__main__":
    main(test)
