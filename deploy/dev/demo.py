"""`make demo`: all of Chainrule on this machine, on loopback only, until Ctrl+C.

    Redis            a new server, unless REDIS_URL names one
    web              the website, on port 8000 or PORT
    grading worker   grades in Docker sandboxes if an engine answers, otherwise in bubblewrap
    records worker   stores reports, and sends lost submissions again

What does not depend on each other starts at the same time: the database is migrated while a sandbox is tried, and the
samples are in the queue while the workers start. When a solution of each of four exercises has gone through the running
system and the website answers, it prints "ready". Then the packages' bytecode is written and the story of the demo
course is loaded in the background (`manage.py demo_story`). Logs are in
`var/demo`, the database is `var/chainrule.sqlite3`; both stay. CHAINRULE_VAR names another folder than `var`.
"""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from urllib.request import urlopen

from deploy.dev import image
from deploy.dev.base import VAR, VENV, SetupError, main, say
from deploy.dev.environment import compile_command
from deploy.dev.processes import is_taken, running, stopped_by_signals, tail, terminate_all, wait_until
from deploy.dev.services import redis

BIN = VENV / "bin"
STATE = Path(os.environ.get("CHAINRULE_VAR", VAR))
LOGS = STATE / "demo"
GRADER_APP = "grader.worker"
# The file that says that the demo course is in the database.
PREPARED = LOGS / "prepared"
POLL_SECONDS = 0.05
SAMPLES = ("gradients/sum-of-matrix", "nets/classifier", "optimizers/comparison", "derivatives/sin")

Processes = dict[str, "subprocess.Popen[bytes]"]


def demo() -> None:
    """Start everything, grade the samples, then serve until a signal comes or a process exits."""
    serve_until_stopped("demo", serve)


def serve_until_stopped(target: str, start_all: Callable[[int, ExitStack], None]) -> None:
    """Call `start_all` with the port of PORT (8000 by default) until a signal comes; `target` is the make target.

    Raises SetupError if the port is in use.
    """
    port = int(os.environ.get("PORT", "8000"))
    if is_taken(port):
        raise SetupError(
            f"port {port} is in use: stop what uses it, or choose another, as in `make {target} PORT=8001`"
        )
    with stopped_by_signals(), ExitStack() as stack:
        try:
            start_all(port, stack)
        except KeyboardInterrupt:
            say("stopping")


def serve(port: int, stack: ExitStack) -> None:
    """Start the demo and watch its processes."""
    build_image()
    env = {"DJANGO_SETTINGS_MODULE": "server.settings.demo", "PYTHONUNBUFFERED": "1"}
    env["CHAINRULE_PUBLIC_URL"] = os.environ.get("CHAINRULE_PUBLIC_URL") or f"http://127.0.0.1:{port}"
    env["REDIS_URL"] = os.environ.get("REDIS_URL") or stack.enter_context(redis(LOGS))
    course = start_course(env, stack)
    env["CHAINRULE_SANDBOX"] = probed_sandbox(env)
    processes = start_services(["grading"], port, env, stack)
    wait_for_course(course)
    processes |= start_services(["web", "records"], port, env, stack)
    wait_for_samples(course)
    wait_for_website(port, processes)
    say(f"ready: http://127.0.0.1:{port} (Ctrl+C stops it; logs in {LOGS})")
    say("accounts: student1, ta, instructor, admin; each has its name as password")
    start_compiling(stack)
    watch(processes, story=start_story(env, stack))


def build_image() -> None:
    """Build the Docker sandbox's image if there is an engine; the demo also works without one."""
    try:
        say(f"the sandbox image is {image.build()}")
        say(f"the image of the author's instance is {image.build_author()}")
    except SetupError as error:
        say(f"no Docker sandbox on this machine: {error}")


def probed_sandbox(env: Mapping[str, str]) -> str:
    """The kind of sandbox that works here, found by starting one. Raises SetupError if none works."""
    done = subprocess.run(
        [BIN / "python", "-m", "grader", "probe"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(
            "nothing here can run a learner's code safely. Start a Docker engine (on Debian: apt-get install docker.io "
            "mmdebstrap), or install bubblewrap (apt-get install bubblewrap) on a machine that allows namespaces.\n"
            + done.stderr
        )
    name = done.stdout.split()[-1]
    say(f"submissions run in {name}")
    return name


def manage(*words: str, env: Mapping[str, str]) -> None:
    """Run one of Django's management commands and show its output. Raises SetupError if it fails.

    Ctrl+C reaches only this process, which then stops the command, so there is no traceback.
    """
    with running(words[0], [BIN / "python", "manage.py", *words], log=None, env=env) as process:
        code = process.wait()
    if code != 0:
        raise SetupError(f"`manage.py {' '.join(words)}` failed with exit code {code}")


def start_course(env: Mapping[str, str], stack: ExitStack) -> "subprocess.Popen[bytes]":
    """Start to prepare the database; the process then grades the samples as soon as the workers run."""
    LOGS.mkdir(parents=True, exist_ok=True)
    PREPARED.unlink(missing_ok=True)
    command: list[str | Path] = [BIN / "python", "manage.py", "start_demo", "--timeout", "600", PREPARED, *SAMPLES]
    return stack.enter_context(running("the demo course", command, log=None, env=env))


def wait_for_course(course: "subprocess.Popen[bytes]") -> None:
    """Wait until the database is prepared. Raises SetupError if that fails; its process has printed why."""
    while not PREPARED.exists():
        if course.poll() is not None:
            raise SetupError(f"the database could not be prepared: see above (exit code {course.returncode})")
        time.sleep(POLL_SECONDS)


def wait_for_samples(course: "subprocess.Popen[bytes]") -> None:
    """Wait for the samples' reports. Raises SetupError with the grader's log if one gets less than full marks."""
    say("grading a sample of each exercise")
    if course.wait() != 0:
        log = LOGS / "grading.log"
        raise SetupError(f"the samples did not get full marks; the end of {log}:\n{tail(log)}")


def start(port: int, env: Mapping[str, str], stack: ExitStack) -> Processes:
    """Start the website and the two workers, and wait until the website answers."""
    processes = start_services(["web", "grading", "records"], port, env, stack)
    wait_for_website(port, processes)
    return processes


def start_services(names: list[str], port: int, env: Mapping[str, str], stack: ExitStack) -> Processes:
    """Start the website or workers with these names. At the end all of them stop at the same time."""
    processes = {
        name: stack.enter_context(running(name, service_command(name, port), log=LOGS / f"{name}.log", env=env))
        for name in names
    }
    stack.callback(terminate_all, processes.values())
    return processes


def service_command(name: str, port: int) -> list[str | Path]:
    """The command of the website ("web") or of a worker ("grading", "records")."""
    commands: dict[str, list[str | Path]] = {
        "web": [BIN / "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"],
        "grading": [BIN / "celery", "-A", GRADER_APP, "worker", "-Q", "grading.cpu,regrading.cpu"],
        "records": [BIN / "celery", "-A", "server", "worker", "-B", "-Q", "records", "--concurrency", "1"],
    }
    commands["web"] += ["server.asgi:application"]
    commands["grading"] += ["--concurrency", "2", "-n", "grading@%h", "--loglevel", "INFO"]
    commands["records"] += ["-n", "records@%h", "--loglevel", "INFO"]
    return commands[name]


def wait_for_website(port: int, processes: Processes) -> None:
    """Wait until the website answers. Raises SetupError with the end of its log if it does not start."""
    wait_until(lambda: answers(port), name="the website", process=processes["web"], log=LOGS / "web.log", seconds=120)


def answers(port: int) -> bool:
    """Whether the website answers on this port that it is up."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return bool(response.status == HTTPStatus.OK)
    except OSError:
        return False


def start_compiling(stack: ExitStack) -> None:
    """Write the bytecode of packages that nothing has imported yet, with the time that nothing else needs."""
    command = ["nice", "-n", "19", *compile_command(workers=1)]
    stack.enter_context(running("bytecode", command, log=LOGS / "bytecode.log", patience=0))


def start_story(env: Mapping[str, str], stack: ExitStack) -> "subprocess.Popen[bytes]":
    """Fill the course with three weeks of work in the background, with the time that nothing else needs.

    The first time takes some minutes, because every answer is graded; the reports are kept in `demo-reports`.
    """
    command: list[str | Path] = ["nice", "-n", "19", BIN / "python", "manage.py", "demo_story"]
    return stack.enter_context(running("the story", command, log=LOGS / "story.log", env=env, patience=2))


def watch(processes: Processes, *, story: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait for ever. Raises SetupError with the end of its log if a process exits by itself; `story` can end."""
    while True:
        if story is not None and story.poll() is not None:
            failed = f"the demo course stays empty: see {LOGS / 'story.log'}"
            say(failed if story.returncode else "the demo course has three weeks of work: sign in as instructor")
            story = None
        for name, process in processes.items():
            if process.poll() is not None:
                raise SetupError(f"{name} exited; the end of {LOGS / name}.log:\n{tail(LOGS / f'{name}.log')}")
        time.sleep(0.5)


if __name__ == "__main__":
    main(demo)
