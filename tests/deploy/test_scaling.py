"""The simulation of scaling keeps its laws, and the operator's page shows what it prints."""

import re
import sys
from bisect import bisect_right
from random import Random

import pytest

from deploy.capacity import scaling
from deploy.capacity.scaling import FEWEST_PODS, MOST_PODS, WORKERS_PER_POD, Seen, by_age, by_load, most_of
from deploy.capacity.simulation import Burst
from tests.support.system import ROOT

PAGE = ROOT / "docs" / "operator" / "capacity.md"
COMMANDS = re.compile(r"^`python -m deploy\.capacity\.scaling ?(.*)`$", re.MULTILINE)
START = 100


def simulated(policy, *, rate=3.0, seconds=3.0, minutes=20, seed=1):
    random, arrivals = Random(seed), [0.0]
    while arrivals[-1] < 60 * minutes:
        arrivals.append(arrivals[-1] + random.expovariate(rate))
    times = [random.expovariate(1 / seconds) for _ in arrivals]
    end = 60 * (minutes + 20)
    return arrivals, scaling.simulate_scaling(
        policy, arrivals, times, deadline=60 * minutes, end=end, start_seconds=START
    )


@pytest.fixture(scope="module")
def by_queue():
    return simulated(by_age)


def test_every_submission_gets_one_score_after_it_came(by_queue):
    arrivals, run = by_queue

    assert sorted(came for came, _, _ in run.handed_in) == arrivals
    assert all(came <= began < done for came, began, done in run.handed_in)


def test_submissions_begin_in_the_order_of_coming(by_queue):
    _, run = by_queue
    began = [began for _, began, _ in sorted(run.handed_in)]

    assert began == sorted(began)


def test_no_worker_works_before_its_node_has_come(by_queue):
    _, run = by_queue
    began = sorted(began for _, began, _ in run.handed_in)
    done = sorted(done for _, _, done in run.handed_in)

    assert any(pod.ready > pod.ordered for pod in run.pods)
    assert all(pod.ready == pod.ordered + START for pod in run.pods[FEWEST_PODS:])
    for number, moment in enumerate(began[::7]):
        # Those that ended at this very moment have made room.
        busy = 7 * number + 1 - bisect_right(done, moment)
        there = sum(pod.ready <= moment and (pod.gone is None or pod.gone >= moment) for pod in run.pods)
        assert busy <= WORKERS_PER_POD * there


def test_pods_cost_from_the_order_to_the_end():
    _, run = simulated(lambda seen: 5, rate=0.5)
    held = FEWEST_PODS * run.ended + 3 * (run.ended - 30) + (run.ended - 0)

    assert run.most_pods == 5
    assert run.core_hours == pytest.approx(WORKERS_PER_POD * 5 * run.ended / 3600, rel=0.02)
    assert run.core_hours < WORKERS_PER_POD * held / 3600


def test_pods_double_at_most_every_half_minute():
    _, run = simulated(lambda seen: 1000, rate=0.1, minutes=3)
    ordered = sorted(pod.ordered for pod in run.pods)

    assert run.most_pods == MOST_PODS
    for moment in ordered[FEWEST_PODS:]:
        before = sum(one <= moment - scaling.UP_SECONDS for one in ordered)
        assert sum(one <= moment for one in ordered) <= 2 * max(before, FEWEST_PODS)


def test_pods_leave_only_ten_minutes_after_the_last_wish():
    _, run = simulated(lambda seen: 8 if seen.until > 600 else 0, rate=0.1)
    gone = [pod.gone for pod in run.pods if pod.gone is not None]

    assert len(gone) == 8 - FEWEST_PODS
    # The deadline is after 20 minutes, so the last wish is ten minutes before.
    assert min(gone) >= 600 + scaling.DOWN_SECONDS - scaling.LOOK_SECONDS


def seen(**values):
    return Seen(**({"until": 0, "ready_pods": 4, "pods": 4, "open": 0, "age": 0} | values))


def test_policies_want_what_kubernetes_would():
    assert [by_age(seen(age=age)) for age in (0, 5.2, 10, 20)] == [0, 4, 8, 16]
    assert [by_load(1)(seen(open=number)) for number in (0, 8, 16, 17)] == [0, 4, 8, 9]
    assert most_of(by_age, by_load(1))(seen(open=16, age=20)) == 16


def test_the_calendar_looks_ahead_to_the_busiest_moment():
    curve = scaling.exponential(5, 0.5)
    near, far = (scaling.by_calendar(curve, 10_000, 3, ahead=ahead) for ahead in (0, 600))

    assert near(seen(until=3_000)) < far(seen(until=3_000))
    assert near(seen(until=-1)) == 0


def test_the_outcome_depends_only_on_the_seed():
    first, again, other = (simulated(by_age, minutes=3, seed=seed)[1] for seed in (1, 1, 2))

    assert first.handed_in == again.handed_in
    assert first.handed_in != other.handed_in


@pytest.mark.nightly
@pytest.mark.parametrize("mean_hours", [2, 0.5])
def test_the_calendar_is_fast_and_costs_no_more(mean_hours):
    burst = Burst(students=10_000, attempts=5, mean_hours=mean_hours)
    night = scaling.Night(burst=burst, grading_seconds=3, start_seconds=100, seed=2)

    now, calendar = night.run(by_age), night.run(night.calendar())

    assert scaling.p95(calendar.seconds) <= 5 < scaling.p95(now.seconds)
    assert calendar.core_hours <= 1.3 * now.core_hours


@pytest.mark.nightly
@pytest.mark.parametrize("arguments", COMMANDS.findall(PAGE.read_text()))
def test_the_page_shows_what_the_command_prints(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["deploy.capacity.scaling", *arguments.split()])

    scaling.main()

    assert capsys.readouterr().out.strip() in PAGE.read_text()
