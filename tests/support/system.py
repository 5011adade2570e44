"""A whole Chainrule in processes of its own: Redis, website, records worker, grading worker, and a database.

The database is an SQLite file, or a new database in the PostgreSQL that CHAINRULE_TEST_POSTGRES names. All ports are
free ones, so that several systems can run at once.
"""

import atexit
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from deploy.dev.processes import free_port, running, wait_until
from deploy.dev.services import redis

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class System:
    """A website with its records worker. A grader runs inside `with system.grader()`."""

    port: int
    folder: Path
    env: dict[str, str]

    @property
    def url(self):
        """The website's address."""
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words):
        """Run a management command; the completed process, with its output as text."""
        return manage(self.env, *words)

    @contextmanager
    def website(self, *, workers=1):
        """Run the website while the block runs. `whole_system` does so by default."""
        log = self.folder / "web.log"
        with running("the website", website_command(self.port, workers=workers), log=log, env=self.env) as process:
            wait_until(lambda: answers(self.url), name="the website", process=process, log=log)
            yield process

    def grader(self, *, concurrency=1):
        """Run a grading worker while the block runs."""
        command = grader_command(concurrency=concurrency)
        return running("the grading worker", command, log=self.folder / "grading.log", env=self.env)


@contextmanager
def whole_system(folder, *, website=True, env=None):
    """Run everything but a grader, with the demo course in the database. `env` adds variables."""
    port = free_port()
    with database(folder, like=original()) as database_url, redis(folder) as redis_url:
        settings = base_settings(folder, database_url) | {
            "CHAINRULE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "REDIS_URL": redis_url,
        }
        system = System(port=port, folder=folder, env=settings | (env or {}))
        with (
            system.website() if website else nullcontext(),
            running("the records worker", records_command(), log=folder / "records.log", env=system.env),
        ):
            yield system


def link_in_mail(system, path):
    """Return the latest link to a path in the e-mails, which are in the records worker's log; wait for it."""
    for _ in range(200):
        found = re.findall(rf"http://127\.0\.0\.1:\d+{path}\S+", (system.folder / "records.log").read_text())
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError(f"no e-mail has a link to {path}")


def website_command(port, *, workers=1):
    command = [BIN / "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    return [*command, "--workers", str(workers), "--backpressure", "8192", "server.asgi:application"]


def records_command():
    return [BIN / "celery", "-A", "server", "worker", "-B", "-Q", "records", "--concurrency", "1", "-n", "records@%h"]


def grader_command(*, concurrency=1, name="grading"):
    command = [
        BIN / "celery",
        "-A",
        "grader.worker",
        "worker",
        "-Q",
        "grading.cpu,regrading.cpu",
        "-n",
        f"{name}@%h",
    ]
    return [*command, "--concurrency", str(concurrency)]


def base_settings(folder, database_url):
    return {
        "DJANGO_SETTINGS_MODULE": "server.settings.demo",
        "CHAINRULE_VAR": str(folder),
        "DATABASE_URL": database_url,
    }


def manage(env, *words):
    command = [BIN / "python", "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)


def original():
    """The URL of a database with the demo course; each system gets a copy.

    It is made once in this process for each server that CHAINRULE_TEST_POSTGRES names.
    """
    return original_at(os.environ.get("CHAINRULE_TEST_POSTGRES"))


@cache
def original_at(_server):
    stack = ExitStack()
    atexit.register(close_if_there, stack)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    url = stack.enter_context(database(folder))
    manage(base_settings(folder, url), "demo", "--migrate").check_returncode()
    return url


def close_if_there(stack):
    # The server can have stopped before this process ends, and the database with it.
    with suppress(psycopg.OperationalError):
        stack.close()


@contextmanager
def database(folder, *, like=None):
    """Make a database, empty or as a copy of one that nobody uses; yields its URL."""
    server = os.environ.get("CHAINRULE_TEST_POSTGRES")
    if server:
        with own_postgres_database(server, like=like) as url:
            yield url
        return
    file = folder / "chainrule.sqlite3"
    if like:
        shutil.copy(like.removeprefix("sqlite:///"), file)
    yield f"sqlite:///{file}"


@contextmanager
def own_postgres_database(server, *, like=None):
    name = f"chainrule_{secrets.token_hex(6)}"
    template = like.rpartition("/")[2] if like else "template1"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/accounts/login/", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
