"""What can happen to a running Chainrule. Each fault is a function of the stage; a lasting one has an undo."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import docker
import psutil

from grader.sandboxes.orphans import OWNER, SANDBOX


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`strike` does it; after `lasts` seconds `mend` takes it away. What it `needs` of a stage is beside it."""

    name: str
    strike: Callable
    mend: Callable = lambda stage: None
    lasts: float = 0.0
    needs: frozenset[str] = frozenset()


def kill(part):
    return lambda stage: stage.parts[part].kill()


def kill_all_of(part):
    """As a machine that loses its power: the part and its children at one blow."""

    def strike(stage):
        os.killpg(stage.parts[part].pid, signal.SIGKILL)

    return strike


def kill_a_child(stage):
    for child in pool_children(stage):
        child.kill()


def pool_children(stage):
    """The processes that grade: the children of the one that fetches jobs."""
    return stage.parts["grading"].children()


def containers(stage):
    """The sandboxes of the worker `grading`."""
    owners = {str(child.pid) for child in pool_children(stage)}
    with docker_of(stage) as client:
        found = client.containers.list(filters={"label": SANDBOX}, ignore_removed=True)
        return [one.id for one in found if owners & set(one.labels.get(OWNER, "").split(":"))]


class docker_of:  # noqa: N801 - reads as a function
    """A client of the engine that the stage's graders use."""

    def __init__(self, stage):
        host = stage.env.get("DOCKER_HOST") or os.environ.get("DOCKER_HOST")
        self._client = docker.DockerClient(base_url=host, timeout=20)

    def __enter__(self):
        return self._client

    def __exit__(self, *_):
        self._client.close()


def with_containers(act):
    def strike(stage):
        ids = containers(stage)
        with docker_of(stage) as client:
            for id in ids:
                with suppress(docker.errors.APIError):
                    act(client.containers.get(id))

    return strike


def kill_a_container(stage):
    with_containers(lambda one: one.kill())(stage)


def kill_inside(place):
    """Kill one of those that make up a sandbox: they came one after another, the keeper (0) and its nursery (1)."""

    def act(container):
        with suppress(IndexError, psutil.NoSuchProcess):  # the sandbox is just coming, or going
            inside = [psutil.Process(int(row[1])) for row in container.top()["Processes"]]
            sorted(inside, key=lambda process: (process.create_time(), process.pid))[place].kill()

    return with_containers(act)


def pause(part):
    return lambda stage: stage.parts[part].pause()


def resume(part):
    return lambda stage: stage.parts[part].resume()


def pause_children(stage):
    for child in pool_children(stage):
        child.suspend()


def resume_children(stage):
    for child in pool_children(stage):
        with suppress(psutil.NoSuchProcess):
            child.resume()


KILLS = [
    Fault(name="kill a pool child", strike=kill_a_child),
    Fault(name="kill a container", strike=kill_a_container),
    Fault(name="kill a keeper", strike=kill_inside(0)),
    Fault(name="kill a nursery", strike=kill_inside(1)),
    Fault(name="kill the grading worker", strike=kill("grading")),
    Fault(name="kill the records worker", strike=kill("records")),
    Fault(name="kill the website", strike=kill("web")),
    Fault(name="kill Redis", strike=kill("redis")),
    Fault(name="kill PostgreSQL", strike=kill("postgres")),
]
POWER_CUTS = [
    Fault(name="the grading worker loses its power", strike=kill_all_of("grading")),
    Fault(name="the records worker loses its power", strike=kill_all_of("records")),
]
# Longer than what anybody waits for: requests, connections, runs, leases.
PAUSES = [
    Fault(name="stop the pool's children", strike=pause_children, mend=resume_children, lasts=20),
    Fault(
        name="stop the containers",
        strike=with_containers(lambda one: one.pause()),
        mend=with_containers(lambda one: one.unpause()),
        lasts=20,
    ),
    Fault(name="stop the grading worker", strike=pause("grading"), mend=resume("grading"), lasts=25),
    Fault(name="stop the records worker", strike=pause("records"), mend=resume("records"), lasts=25),
    Fault(name="stop the website", strike=pause("web"), mend=resume("web"), lasts=15),
    Fault(name="stop Redis", strike=pause("redis"), mend=resume("redis"), lasts=25),
    Fault(name="stop PostgreSQL", strike=pause("postgres"), mend=resume("postgres"), lasts=25),
]
KEPT_QUEUE = [Fault(name="kill Redis, which keeps its queue", strike=kill("redis"), needs=frozenset({"kept_queue"}))]
NETWORK = [
    Fault(
        name="cut the worker off from Redis",
        strike=lambda stage: stage.lane.cut(),
        mend=lambda stage: stage.lane.mend(),
        lasts=30,
        needs=frozenset({"network"}),
    ),
]
ENGINE = [
    Fault(name="kill the engine", strike=kill("engine"), needs=frozenset({"engine"})),
    Fault(name="stop the engine", strike=pause("engine"), mend=resume("engine"), lasts=20, needs=frozenset({"engine"})),
    Fault(
        name="fill the engine's disk",
        strike=lambda stage: stage.parts["engine"].fill_the_disk(),
        mend=lambda stage: stage.parts["engine"].free_the_disk(),
        lasts=15,
        needs=frozenset({"engine"}),
    ),
]
