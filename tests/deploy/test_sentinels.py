"""Redis with a replica and Sentinels, with the configuration and accounts of production: the primary dies.

Clients of every kind go to the replica, which is the primary then: those of pages and tasks, and Celery's.
"""

import asyncio
import shutil
import subprocess
import time
from contextlib import ExitStack, closing

import pytest
import redis
from kombu import Connection
from redis.exceptions import NoPermissionError

from deploy.dev.base import ROOT
from deploy.dev.debian import find
from deploy.dev.processes import free_port, is_taken, running, wait_until
from deploy.dev.services import redis_program
from grader.messaging import redis_clients
from grader.messaging.redis_transport import BROKER_ERRORS, install_transport

pytestmark = [pytest.mark.slow, pytest.mark.redis]

CONFIGURATION = ROOT / "deploy" / "redis"


class Servers:
    """The processes, with their ports, and the URL of an account."""

    def __init__(self, folder, stack):
        self.folder, self._stack = folder, stack
        subprocess.run([ROOT / "deploy" / "make-secrets", folder / "secrets"], check=True)
        self.ports = {name: free_port() for name in ("one", "two", "first", "second", "third")}
        self.processes = {}

    def start(self):
        self._redis("one")
        self._redis("two", "--replicaof", "127.0.0.1", str(self.ports["one"]))
        for name in ("first", "second", "third"):
            self._sentinel(name)

    def url(self, account):
        url = (self.folder / "secrets" / f"redis_{account}_url").read_text()
        return url.replace("@redis:6379", "@nowhere.invalid:1")

    def sentinels(self):
        return ",".join(f"127.0.0.1:{self.ports[name]}" for name in ("first", "second", "third"))

    def _redis(self, name, *more):
        secrets = self.folder / "secrets"
        own = self.folder / name
        own.mkdir()
        options = ["--bind", "127.0.0.1", "--port", str(self.ports[name]), "--aclfile", secrets / "redis_acl"]
        options += ["--include", secrets / "redis_replication", "--dir", own, *more]
        # A copy: a Sentinel makes Redis write its configuration again.
        configuration = shutil.copy(CONFIGURATION / "redis.conf", own)
        self._run(name, [redis_program(), configuration, *options])

    def _sentinel(self, name):
        own = self.folder / f"{name}.conf"
        words = (CONFIGURATION / "sentinel.conf").read_text() + (self.folder / "secrets" / "redis_sentinel").read_text()
        words = words.replace("redis 6379", f"127.0.0.1 {self.ports['one']}").replace(" 5000", " 1000")
        own.write_text(words.replace("port 26379", f"port {self.ports[name]}\ndir {self.folder}"))
        self._run(name, [redis_program(), own, "--sentinel"])

    def _run(self, name, command):
        log = self.folder / f"{name}.log"
        self.processes[name] = process = self._stack.enter_context(running(name, command, log=log))
        wait_until(lambda: is_taken(self.ports[name]), name=name, process=process, log=log)


@pytest.fixture
def servers(tmp_path, monkeypatch):
    with ExitStack() as stack:
        servers = Servers(tmp_path, stack)
        servers.start()
        monkeypatch.setenv(redis_clients.SENTINELS, servers.sentinels())
        with closing(redis_clients.client(servers.url("server"))) as servers.client:
            yield servers
            for asked in servers.client.connection_pool.sentinel_manager.sentinels:
                asked.close()


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except BROKER_ERRORS:
            pass
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.1)


def knows_the_replica(servers):
    with closing(redis.Redis(port=servers.ports["first"])) as sentinel:
        (found,) = sentinel.sentinel_masters().values()
        return found["num-slaves"] == 1 and found["num-other-sentinels"] == 2


@pytest.mark.skipif(not find("redis-server"), reason="needs Redis with Sentinel")
def test_clients_and_workers_find_the_new_primary(servers):
    install_transport()
    client = servers.client
    until(lambda: knows_the_replica(servers))
    client.set("before", "1")
    until(lambda: client.wait(1, 1000) == 1)
    with Connection(servers.url("server")) as connection, closing(connection.SimpleQueue("records")) as queue:
        queue.put("taken before")
        queue.get(timeout=5).ack()

        servers.processes["one"].kill()
        until(lambda: client.set("after", "2"))

        assert client.get("before") == b"1"
        assert client.connection_pool.get_master_address() == ("127.0.0.1", servers.ports["two"])
        assert asyncio.run(read(servers.url("server"), "after")) == b"2"
        until(lambda: sent_and_taken(servers.url("server")))


async def read(url, key):
    async with redis_clients.asyncio_client(url) as client:
        return await client.get(key)


def sent_and_taken(url):
    with Connection(url) as connection, closing(connection.SimpleQueue("records")) as queue:
        queue.put("after")
        message = queue.get(timeout=5)
        message.ack()
        return message.payload == "after"


def test_a_sentinel_only_tells_which_redis_is_primary(servers):
    with closing(redis.Redis(port=servers.ports["first"])) as anybody:
        assert anybody.sentinel_get_master_addr_by_name("chainrule") == (b"127.0.0.1", servers.ports["one"])
        for words in (["FAILOVER", "chainrule"], ["SET", "chainrule", "quorum", "1"], ["REMOVE", "chainrule"]):
            with pytest.raises(NoPermissionError):
                anybody.execute_command("SENTINEL", *words)
