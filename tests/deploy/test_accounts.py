"""Production's Redis: its configuration, its accounts, a real worker with one, and the commands it cannot use."""

import subprocess
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from kombu import Connection
from redis.exceptions import NoPermissionError

from deploy.dev.base import ROOT
from deploy.dev.processes import free_port, running, wait_until
from deploy.dev.services import redis_program
from grader.worker.tasks import app as worker
from tests.support.system import whole_system

pytestmark = pytest.mark.redis

SESSION = ":1:django.contrib.sessions.cache0123456789"


class Accounts:
    """The Redis of an installation: its secrets, and clients of its accounts."""

    def __init__(self, secrets: Path, port: int) -> None:
        self.secrets, self.port = secrets, port
        for name in ("redis_server_url", "redis_grading_url"):
            file = secrets / name
            url = file.read_text()
            file.unlink()
            file.write_text(url.replace("@redis:6379", f"@127.0.0.1:{port}"))

    def url(self, name):
        return (self.secrets / f"redis_{name}_url").read_text()

    def client(self, name):
        return redis.Redis.from_url(self.url(name))


@contextmanager
def production_redis(folder):
    """Run Redis with the configuration of production, except for address, port and folders."""
    subprocess.run([ROOT / "deploy" / "make-secrets", folder / "secrets"], check=True)
    # One more account, for the tests: it reads the log of refused commands.
    acl, port, log = folder / "secrets" / "redis_acl", free_port(), folder / "redis.log"
    acl.chmod(0o600)
    acl.write_text(acl.read_text() + "user auditor on >auditor ~* &* +@all\n")
    options = {"--bind": "127.0.0.1", "--port": str(port), "--aclfile": acl, "--dir": folder}
    command = [
        redis_program(),
        ROOT / "deploy" / "redis" / "redis.conf",
        *(word for pair in options.items() for word in pair),
    ]
    with running("Redis", command, log=log) as process:
        wait_until(lambda: is_healthy(port), name="Redis", process=process, log=log)
        yield Accounts(folder / "secrets", port)


def is_healthy(port):
    """Whether the health check passes; False if Redis refuses the account."""
    with closing(redis.Redis(port=port, username="health", password="health")) as client:
        try:
            return client.ping()
        except redis.RedisError:
            return False


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    with production_redis(tmp_path_factory.mktemp("redis")) as accounts:
        with closing(accounts.client("server")) as server:
            server.set(SESSION, "somebody's")
            server.set("progress:1", "{}")
        yield accounts


@pytest.fixture
def auditor(accounts):
    with closing(redis.Redis(port=accounts.port, username="auditor", password="auditor")) as client:
        client.acl_log_reset()
        yield client


@pytest.mark.slow
@pytest.mark.docker
def test_accounts_are_sufficient_to_grade_a_submission(accounts, auditor, tmp_path):
    secret = {"REDIS_URL_FILE": str(accounts.secrets / "redis_grading_url")}
    with (
        whole_system(tmp_path, website=False, env={"REDIS_URL": accounts.url("server")}) as system,
        replace(system, env=system.env | secret).grader(),
    ):
        graded = system.manage("grade_samples", "--timeout", "120", "gradients/sum-of-matrix")
        seen = system.manage("shell", "-c", "from server.dashboard.selectors.workers import workers; print(workers())")

    assert graded.returncode == 0, graded.stderr
    assert "'grading.cpu'" in seen.stdout
    assert auditor.acl_log() == []


def test_graders_can_read_the_packages_of_courses(accounts, auditor):
    with closing(accounts.client("server")) as server, closing(accounts.client("grading")) as grading:
        server.set("package:1", "an archive", ex=60)

        assert grading.getrange("package:1", 0, 1) == b"an"
    assert auditor.acl_log() == []


def test_another_worker_can_restore_a_dead_workers_message(accounts, auditor):
    options = worker.conf.broker_transport_options | {"visibility_timeout": 0}
    with Connection(accounts.url("grading"), transport_options=options) as connection:
        queue = connection.SimpleQueue("grading.test")
        queue.put("a job")
        queue.get(timeout=5)
        connection.default_channel.qos.restore_visible(interval=1)
        again = queue.get(timeout=5)
        again.ack()

    assert again.payload == "a job"
    assert auditor.acl_log() == []


@pytest.mark.parametrize(
    "command",
    [
        ("GET", SESSION),
        ("DEL", SESSION),
        ("EVAL", f"return redis.call('GET', '{SESSION}')", "0"),
        ("GET", "progress:1"),
        ("SET", "cancelled:1", ""),
        ("DEL", "cancelled:1"),
        ("PEXPIRE", "cancelled:1", "1"),
        ("SET", "package:1", "another archive"),
        ("DEL", "package:1"),
        ("GETRANGE", "records", "0", "-1"),
        ("RPOP", "records"),
        ("LRANGE", "records", "0", "-1"),
        ("HGET", "unacked", "tag"),
        ("LPUSH", "celery", "a task"),
        ("PUBLISH", "elsewhere", "hello"),
        ("PUBLISH", "/0.celeryev/worker.heartbeat", "hello"),
        ("PSUBSCRIBE", "*"),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("RANDOMKEY",),
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("SWAPDB", "0", "1"),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("ACL", "WHOAMI"),
        ("CLIENT", "LIST"),
        ("MONITOR",),
        ("INFO",),
        ("REPLICAOF", "example.org", "6379"),
        ("SAVE",),
        ("SHUTDOWN",),
    ],
    ids=" ".join,
)
def test_the_graders_account_is_refused(accounts, command):
    with (
        closing(accounts.client("grading")) as grading,
        pytest.raises(redis.ResponseError, match=r"permission|can't access"),
    ):
        grading.execute_command(*command)


@pytest.mark.parametrize(
    "command", [("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("ACL", "LIST"), ("SHUTDOWN",)]
)
def test_the_server_cannot_administer_redis(accounts, command):
    with closing(accounts.client("server")) as server, pytest.raises(NoPermissionError):
        server.execute_command(*command)


def test_redis_refuses_clients_without_an_account(accounts):
    with closing(redis.Redis(port=accounts.port)) as nobody, pytest.raises(redis.AuthenticationError):
        nobody.get(SESSION)


def test_the_health_account_can_only_ping(accounts):
    with closing(redis.Redis(port=accounts.port, username="health", password="health")) as health:
        assert health.ping()
        with pytest.raises(NoPermissionError):
            health.get("progress:1")


def test_secrets_are_made_once_and_private(tmp_path):
    folder = tmp_path / "secrets"
    contents = []
    for _ in range(2):
        subprocess.run([ROOT / "deploy" / "make-secrets", folder], check=True)
        contents.append({path.name: path.read_text() for path in folder.iterdir()})

    assert contents[0] == contents[1]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len({contents[0]["secret_key"], contents[0]["postgres_password"]}) == 2
    assert contents[0]["postgres_password"] in contents[0]["database_url"]
