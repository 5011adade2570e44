"""How grading workers follow the load before a deadline, if new nodes take minutes to come.

python -m deploy.capacity.scaling [--students 10000] [--grading-seconds 3] [--start-seconds 100] [--seed 1]

Every few seconds a policy says how many pods it wants, as Kubernetes does it: it sees metrics of some seconds ago, can
double the pods in half a minute, and takes pods away only if none of the last ten minutes' wishes needs them. A pod has
two workers. It costs from the moment when it is ordered, and takes submissions when its node has come. Submissions wait
in one line.
"""

import argparse
import heapq
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import ceil
from random import Random

from deploy.capacity.parts import Part, measured
from deploy.capacity.simulation import Burst, p95

# The server does not load without settings. What is used of it here needs none.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.test")

from server.observability.hand_in_curves import HandInCurve, exponential, workers_for

WORKERS_PER_POD = 2
FEWEST_PODS, MOST_PODS = 2, 40
# Kubernetes's autoscaler looks every 15 seconds, at metrics that Prometheus read up to 15 seconds ago.
LOOK_SECONDS = 15
UP_SECONDS, DOWN_SECONDS = 30, 600
# Kubernetes changes nothing if a metric is within a tenth of its target.
TOLERANCE = 0.1
AGE_TARGET, LOAD_TARGET = 5.0, 1.0
# Without the calendar, workers must be ready before they are needed.
LOAD_ALONE_TARGET = 0.7
HOURS_BEFORE, HOURS_AFTER = 6, 1
WITHIN = 5.0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a policy sees: seconds until the deadline, pods that run, submissions without a score, age of the oldest."""

    until: float
    ready_pods: int
    pods: int
    open: int
    age: float


Policy = Callable[[Seen], int]


def by_age(seen: Seen) -> int:
    """Return the pods for an age of AGE_TARGET seconds: twice that age, twice the pods."""
    ratio = seen.age / AGE_TARGET
    return seen.pods if abs(ratio - 1) <= TOLERANCE else ceil(seen.ready_pods * ratio)


def by_load(target: float) -> Policy:
    """Return a policy that wants so many open submissions for each worker, running ones included."""

    def wanted(seen: Seen) -> int:
        most = target * WORKERS_PER_POD
        within = abs(seen.open / (most * seen.pods) - 1) <= TOLERANCE
        return seen.pods if within else ceil(seen.open / most)

    return wanted


def by_calendar(curve: HandInCurve, students: int, grading_seconds: float, *, ahead: float) -> Policy:
    """Return a policy that wants the workers for the busiest moment of the next `ahead` seconds."""

    def wanted(seen: Seen) -> int:
        moments = range(0, round(ahead) + 1, LOOK_SECONDS)
        busy = max(students * curve.rate(seen.until - later) * grading_seconds for later in moments)
        return ceil(workers_for(busy) / WORKERS_PER_POD)

    return wanted


def most_of(*policies: Policy) -> Policy:
    """Return the policy that wants what any of these wants: KEDA's rule for several triggers."""
    return lambda seen: max(policy(seen) for policy in policies)


@dataclass(eq=False, kw_only=True)
class Pod:
    """A pod with its workers: when it was ordered, when it can work, and how many of its workers are busy."""

    ordered: float
    ready: float
    busy: int = 0
    leaves: bool = False
    # When it was gone; None while it costs.
    gone: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScalingRun:
    """The outcome of a simulation: for each submission when it came, when it began and when it had its score.

    `pods` are all that were ordered. `ended` is when the simulation ended.
    """

    handed_in: Sequence[tuple[float, float, float]]
    pods: Sequence[Pod]
    ended: float

    @property
    def seconds(self) -> list[float]:
        """The time from submitting to the score, of each submission."""
        return [done - came for came, _, done in self.handed_in]

    @property
    def core_hours(self) -> float:
        """What was held: a core for each worker of each pod, from the order until it is gone."""
        held = sum((self.ended if pod.gone is None else pod.gone) - pod.ordered for pod in self.pods)
        return WORKERS_PER_POD * held / 3600

    @property
    def most_pods(self) -> int:
        """The most pods at a time."""
        changes = [(pod.ordered, 1) for pod in self.pods] + [
            (pod.gone, -1) for pod in self.pods if pod.gone is not None
        ]
        there = most = 0
        for _, change in sorted(changes):
            there += change
            most = max(most, there)
        return most


@dataclass(kw_only=True)
class GraderCluster:
    """The pods, the line of submissions, and what happens next."""

    start_seconds: float
    now: float = 0.0
    pods: list[Pod] = field(default_factory=list)
    # The pod of each free worker; some can leave.
    free: list[Pod] = field(default_factory=list)
    line: deque[tuple[float, float]] = field(default_factory=deque)
    running: dict[int, float] = field(default_factory=dict)
    done: list[tuple[float, float, float]] = field(default_factory=list)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def at(self, moment: float, event: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self.events, (moment, next(self.numbers), event))

    def there(self) -> list[Pod]:
        """Return the pods that are there or come, and do not leave."""
        return [pod for pod in self.pods if not pod.leaves]

    def come(self, seconds: float) -> None:
        """Take in a submission that takes so many seconds."""
        self.line.append((self.now, seconds))
        self.work()

    def work(self) -> None:
        """Give the submissions in line to free workers."""
        while self.line and self.free:
            pod = self.free.pop()
            if pod.leaves:
                continue
            came, seconds = self.line.popleft()
            number = next(self.numbers)
            pod.busy += 1
            self.running[number] = came
            self.at(self.now + seconds, partial(self.end, pod, number, came, self.now))

    def end(self, pod: Pod, number: int, came: float, began: float) -> None:
        """End a submission; a pod that leaves is gone after its last one."""
        pod.busy -= 1
        del self.running[number]
        self.done.append((came, began, self.now))
        self.free.append(pod)
        self.let_go(pod)
        self.work()

    def begin(self, pod: Pod) -> None:
        """Let a pod work whose node has come."""
        self.free += [pod] * WORKERS_PER_POD
        self.work()

    def let_go(self, pod: Pod) -> None:
        """Note that a pod is gone, if it leaves and has nothing to do."""
        if pod.leaves and not pod.busy and pod.gone is None:
            pod.gone = self.now
            self.pods.remove(pod)

    def seen(self, until: float) -> Seen:
        """Return what a policy sees now."""
        waits = [came for came, _ in self.line] + list(self.running.values())
        there = self.there()
        return Seen(
            until=until,
            ready_pods=sum(pod.ready <= self.now for pod in there),
            pods=len(there),
            open=len(waits),
            age=self.now - min(waits, default=self.now),
        )

    def resize(self, number: int) -> list[Pod]:
        """Order pods, or let the newest and idlest leave, until there are so many; the ordered ones."""
        there = self.there()
        ordered = [Pod(ordered=self.now, ready=self.now + self.start_seconds) for _ in range(number - len(there))]
        self.pods += ordered
        for pod in ordered:
            self.at(pod.ready, partial(self.begin, pod))
        # Those whose node has not come first, then idle ones, then the newest.
        first = sorted(there, key=lambda pod: (pod.ready <= self.now, pod.busy, -pod.ordered))
        for pod in first[: max(0, len(there) - number)]:
            pod.leaves = True
            self.let_go(pod)
        return ordered


def simulate_scaling(
    policy: Policy,
    arrivals: Sequence[float],
    times: Sequence[float],
    *,
    deadline: float,
    end: float,
    start_seconds: float,
) -> ScalingRun:
    """Return the outcome of submissions that come at `arrivals` and take `times` to grade, under a policy.

    The policy is asked until `end`; then everything that waits is still graded.
    """
    cluster = GraderCluster(start_seconds=start_seconds)
    ordered = [Pod(ordered=0, ready=0) for _ in range(FEWEST_PODS)]
    cluster.pods += ordered
    for pod in ordered:
        cluster.begin(pod)
    wishes: deque[int] = deque(maxlen=DOWN_SECONDS // LOOK_SECONDS)
    sizes: deque[int] = deque([FEWEST_PODS], maxlen=UP_SECONDS // LOOK_SECONDS)
    before = cluster.seen(deadline)

    def look() -> None:
        nonlocal before
        wishes.append(min(MOST_PODS, max(FEWEST_PODS, policy(before))))
        here = len(cluster.there())
        number = min(wishes[-1], 2 * sizes[0]) if wishes[-1] > here else min(here, max(wishes))
        ordered.extend(cluster.resize(number))
        sizes.append(number)
        before = cluster.seen(deadline - cluster.now)
        if cluster.now + LOOK_SECONDS < end:
            cluster.at(cluster.now + LOOK_SECONDS, look)

    for moment, seconds in zip(arrivals, times, strict=True):
        cluster.at(moment, partial(cluster.come, seconds))
    cluster.at(0, look)
    while cluster.events:
        cluster.now, _, event = heapq.heappop(cluster.events)
        event()
    return ScalingRun(handed_in=cluster.done, pods=ordered, ended=max(end, cluster.now))


@dataclass(frozen=True, kw_only=True)
class Night:
    """The hours around one deadline."""

    burst: Burst
    grading_seconds: float
    start_seconds: float
    seed: int

    def run(self, policy: Policy) -> ScalingRun:
        """Return the outcome under a policy; every policy meets the same submissions."""
        random = Random(self.seed)  # noqa: S311 - nothing is secret here
        deadline, end = HOURS_BEFORE * 3600, (HOURS_BEFORE + HOURS_AFTER) * 3600
        arrivals = self.burst.arrivals(60 * HOURS_BEFORE, random)
        draw = measured(self.grading_seconds).draw(Part.GRADING)
        times = [draw(random) for _ in arrivals]
        return simulate_scaling(policy, arrivals, times, deadline=deadline, end=end, start_seconds=self.start_seconds)

    def calendar(self, *, expected: float = 1.0) -> Policy:
        """Return the calendar's policy with load beside it, if so many times as many are expected as come."""
        curve = exponential(self.burst.attempts, self.burst.mean_hours)
        ahead = self.start_seconds + 2 * LOOK_SECONDS + UP_SECONDS
        students = round(expected * self.burst.students)
        calendar = by_calendar(curve, students, self.grading_seconds, ahead=ahead)
        return most_of(calendar, by_load(LOAD_TARGET))

    def policies(self) -> dict[str, Policy]:
        """Return the policies to compare, by name."""
        return {
            "age of the queue": by_age,
            f"load, {LOAD_ALONE_TARGET} for each worker": by_load(LOAD_ALONE_TARGET),
            f"calendar, and load {LOAD_TARGET:g}": self.calendar(),
            "the same, half as many expected": self.calendar(expected=0.5),
            "the same, twice as many expected": self.calendar(expected=2.0),
        }


def main() -> None:
    """Print the table for these options."""
    parser = argparse.ArgumentParser(prog="python -m deploy.capacity.scaling")
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--attempts", type=float, default=5, help="Of each student, for the assignment that is due.")
    parser.add_argument("--mean-hours", type=float, default=2, help="How long before the deadline, on average.")
    parser.add_argument("--grading-seconds", type=float, default=3)
    parser.add_argument("--start-seconds", type=float, default=100, help="Until a new pod takes submissions.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    night = Night(
        burst=Burst(students=options.students, attempts=options.attempts, mean_hours=options.mean_hours),
        grading_seconds=options.grading_seconds,
        start_seconds=options.start_seconds,
        seed=options.seed,
    )
    print(table({name: night.run(policy) for name, policy in night.policies().items()}))


def table(runs: dict[str, ScalingRun]) -> str:
    """Return the table of these runs; core-hours are also compared with the first."""
    heads = ["scaling by", "score within (95 %)", "the slowest", f"within {WITHIN:g} s", "most pods", "core-hours"]
    first = next(iter(runs.values())).core_hours
    lines = [f"| {' | '.join(row(name, run, first))} |" for name, run in runs.items()]
    return "\n".join([f"| {' | '.join([*heads, 'to the first'])} |", f"|---|{'--:|' * len(heads)}", *lines])


def row(name: str, run: ScalingRun, first: float) -> list[str]:
    """Return one policy's row."""
    within = sum(seconds <= WITHIN for seconds in run.seconds) / len(run.seconds)
    return [
        name,
        f"{p95(run.seconds):.1f} s",
        f"{max(run.seconds):.0f} s",
        f"{within:.1%}",
        str(run.most_pods),
        f"{run.core_hours:.0f}",
        f"{run.core_hours / first:.2f}",
    ]


if __name__ == "__main__":
    main()
