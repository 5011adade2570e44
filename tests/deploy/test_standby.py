"""PostgreSQL with a standby, by the script that production runs: the primary dies, and the standby is promoted.

Clients find the one that takes writes. A synchronous standby has every commit that was confirmed.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from deploy.dev import services
from deploy.dev.base import ROOT
from deploy.dev.debian import places
from deploy.dev.processes import free_port, running, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PASSWORD = "of-the-test"


class Pair:
    """A primary and its standby."""

    def __init__(self, folder, stack):
        self._folder, self._stack = folder, stack
        self._user = services.owner_of_postgres(folder)
        self.ports = {"primary": free_port(), "standby": free_port()}
        self.processes = {}

    def start(self):
        services.initialise(self._folder, PASSWORD, user=self._user)
        hba = ROOT / "deploy" / "postgres" / "pg_hba.conf"
        command = services.postgres_command(self._folder, self.ports["primary"], may_be_killed=True)
        self._run("primary", [*command, "-c", f"hba_file={hba}"])
        own = self._folder / "standby"
        own.mkdir(mode=0o700)
        if self._user:
            subprocess.run(["chown", self._user, own], check=True)
        env = {"PGDATA": str(own), "POSTGRES_PASSWORD_FILE": str(self._folder / "password"), "PATH": places()}
        where = f"host=127.0.0.1 port={self.ports['primary']} user=chainrule"
        listening = ["-p", str(self.ports["standby"]), "-h", "127.0.0.1", "-k", ""]
        self._run("standby", ["sh", ROOT / "deploy" / "postgres" / "standby", where, *listening], env=env)

    def _run(self, name, command, env=None):
        log = self._folder / f"{name}.log"
        context = running(name, command, log=log, user=self._user, env=env)
        self.processes[name] = process = self._stack.enter_context(context)
        wait_until(lambda: services.is_ready(self.ports[name]), name=name, process=process, log=log)

    def url(self, *names):
        ports = ",".join(str(self.ports[name]) for name in names)
        hosts = ",".join("127.0.0.1" for _ in names)
        wanted = "&target_session_attrs=read-write" if len(names) > 1 else ""
        return f"postgresql://chainrule:{PASSWORD}@{hosts}/postgres?port={ports}&connect_timeout=3{wanted}"

    def ask(self, name, words):
        with closing(psycopg.connect(self.url(name), autocommit=True)) as connection:
            found = connection.execute(words)
            return found.fetchall() if found.description else None


@pytest.fixture
def pair():
    # PostgreSQL's user cannot open pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="chainrule-postgres-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        pair = Pair(folder, stack)
        pair.start()
        yield pair


def test_a_synchronous_standby_has_every_confirmed_commit(pair):
    pair.ask("primary", "CREATE TABLE submissions (number int)")
    pair.ask("primary", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    pair.ask("primary", "SELECT pg_reload_conf()")
    until(lambda: pair.ask("primary", "SELECT sync_state FROM pg_stat_replication") == [("sync",)])
    confirmed = 0
    with closing(psycopg.connect(pair.url("primary", "standby"), autocommit=True)) as connection:
        for number in range(200):
            connection.execute("INSERT INTO submissions VALUES (%s)", [number])
            confirmed += 1
        os.killpg(pair.processes["primary"].pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            # PostgreSQL's processes have groups of their own, and end a moment after the first one.
            until(lambda: not connection.execute("INSERT INTO submissions VALUES (-1)"))

    pair.ask("standby", "SELECT pg_promote()")

    with closing(psycopg.connect(pair.url("primary", "standby"), autocommit=True)) as connection:
        connection.execute("INSERT INTO submissions VALUES (%s)", [confirmed])
        assert connection.execute("SELECT count(DISTINCT number) FROM submissions WHERE number >= 0").fetchone() == (
            confirmed + 1,
        )


def until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.1)
