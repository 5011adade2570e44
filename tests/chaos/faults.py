"""Faults of a running Chainrule. Each is a function of the stage; a lasting fault has a second one that ends it."""

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
    """`strike` begins the fault and `mend` ends it after `lasts` seconds. `needs` names what the stage must provide.

    `afterwards` comes when all is graded: what must be put right for the next fault, and not for this one.
    """

    name: str
    strike: Callable
    mend: Callable = lambda stage: None
    afterwards: Callable = lambda stage: None
    lasts: float = 0.0
    needs: frozenset[str] = frozenset()


def kill(part):
    return lambda stage: stage.parts[part].kill()


def kill_all_of(part):
    """Kill a part and all of its children at once, like a machine that loses power."""

    def strike(stage):
        os.killpg(stage.parts[part].pid, signal.SIGKILL)

    return strike


def kill_a_child(stage):
    for child in pool_children(stage):
        child.kill()


def pool_children(stage):
    """The pool children of the worker `grading`."""
    return stage.parts["grading"].children()


def containers(stage):
    """The containers of the worker `grading`."""
    owners = {str(child.pid) for child in pool_children(stage)}
    with docker_of(stage) as client:
        found = client.containers.list(filters={"label": SANDBOX}, ignore_removed=True)
        return [one.id for one in found if owners & set(one.labels.get(OWNER, "").split(":"))]


class docker_of:  # noqa: N801 - reads as a function
    """A client of the Docker engine that the stage's graders use."""

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
    """Kill a process of a sandbox, counted by age: the supervisor (0) or its fork server (1)."""

    def act(container):
        with suppress(IndexError, psutil.NoSuchProcess):  # the sandbox is just starting or ending
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
    Fault(name="kill a supervisor", strike=kill_inside(0)),
    Fault(name="kill a fork server", strike=kill_inside(1)),
    Fault(name="kill the grading worker", strike=kill("grading")),
    Fault(name="kill the records worker", strike=kill("records")),
    Fault(name="kill the website", strike=kill("web")),
    Fault(name="kill Redis", strike=kill("redis")),
    Fault(name="kill PostgreSQL", strike=kill("postgres")),
]
POWER_CUTS = [
    Fault(name="the grading worker loses power", strike=kill_all_of("grading")),
    Fault(name="the records worker loses power", strike=kill_all_of("records")),
]
# Longer than every time limit: of requests, connections, runs and leases.
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
PERSISTENT_QUEUE = [
    Fault(name="kill Redis with a persistent queue", strike=kill("redis"), needs=frozenset({"persistent_queue"}))
]
NETWORK = [
    Fault(
        name="cut the worker off from Redis",
        strike=lambda stage: stage.link.cut(),
        mend=lambda stage: stage.link.mend(),
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

# Several machines: tests/support/machines.py

MACHINES = frozenset({"machines"})
HOUR = 3600


def cut(one, other, *, lasts=25):
    """Cut two hosts off from each other."""

    def strike(stage):
        stage.host(one).cut(stage.host(other))
        stage.host(other).cut(stage.host(one))

    return Fault(
        name=f"no link between {one} and {other}",
        strike=strike,
        mend=mend_links(one, other),
        lasts=lasts,
        needs=MACHINES,
    )


def mend_links(*names):
    def mend(stage):
        for name in names:
            stage.host(name).mend()

    return mend


def slow(name, seconds):
    return Fault(
        name=f"{seconds * 1000:.0f} ms to and from {name}",
        strike=lambda stage: stage.host(name).delay(seconds),
        mend=lambda stage: stage.host(name).undelay(),
        lasts=20,
        needs=MACHINES,
    )


def lossy(name, share):
    return Fault(
        name=f"{name} loses {share:.0%} of all packets",
        strike=lambda stage: stage.host(name).lose(share),
        mend=mend_links(name),
        lasts=20,
        needs=MACHINES,
    )


def vanish(name):
    """A host vanishes, and the others do without it."""
    return Fault(
        name=f"{name} vanishes",
        strike=lambda stage: stage.vanish(name),
        afterwards=lambda stage: stage.bring_back(name),
        needs=MACHINES,
    )


def vanish_for_a_while(name):
    return Fault(
        name=f"{name} vanishes and comes back",
        strike=lambda stage: stage.vanish(name),
        mend=lambda stage: stage.bring_back(name),
        lasts=20,
        needs=MACHINES,
    )


def other_clock(name, seconds):
    return Fault(
        name=f"the clock of {name} is an hour {'fast' if seconds > 0 else 'slow'}",
        strike=lambda stage: stage.set_clock(name, seconds),
        mend=lambda stage: stage.set_clock(name, 0),
        lasts=25,
        needs=MACHINES,
    )


HOSTS = [
    cut("grading1", "redis"),
    cut("records", "redis"),
    cut("records", "postgres"),
    cut("web1", "redis"),
    cut("web1", "postgres"),
    cut("proxy", "web1"),
    cut("records", "client"),
    slow("grading1", 0.5),
    slow("redis", 0.1),
    slow("postgres", 0.05),
    lossy("redis", 0.2),
    lossy("postgres", 0.2),
    vanish("grading1"),
    vanish("web1"),
    vanish_for_a_while("records"),
    vanish_for_a_while("redis"),
    vanish_for_a_while("postgres"),
    other_clock("grading1", HOUR),
    other_clock("grading1", -HOUR),
    other_clock("records", HOUR),
    other_clock("records", -HOUR),
    other_clock("web1", HOUR),
    other_clock("web1", -HOUR),
]
