"""The simulation agrees with queueing theory, and the document with the simulation."""

import re
import sys
from math import exp, factorial
from random import Random
from statistics import mean

import pytest

from deploy.capacity.__main__ import main
from deploy.capacity.parts import Demand, Part, measured
from deploy.capacity.simulation import Burst, p95, simulate
from deploy.capacity.sizes import size
from tests.support.system import ROOT

README = (ROOT / "deploy" / "capacity" / "README.md").read_text()
COMMANDS = re.findall(r"^`python -m deploy\.capacity ?(.*)`$", README, re.MULTILINE)


def demand(seconds=1.0, *, spread=0.5):
    return Demand(seconds=dict.fromkeys(Part, seconds), spread=spread)


def poisson(rate, count, seed=1):
    """Moments of arrivals at a steady rate."""
    random, moments = Random(seed), [0.0]
    while len(moments) < count:
        moments.append(moments[-1] + random.expovariate(rate))
    return moments


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (3, 0.7), (10, 0.8)])
def test_waits_match_erlangs_formula(servers, load):
    offered = servers * load
    rest = offered**servers / factorial(servers) / (1 - load)
    waits = rest / (
        sum(offered**n / factorial(n) for n in range(servers)) + rest
    )  # M/M/c: the share of arrivals that wait

    outcome = simulate(demand(), {Part.WEB: servers}, poisson(offered, 40_000), seed=2)

    assert mean(outcome.waited) == pytest.approx(waits / (servers - offered), rel=0.15)
    assert outcome.busy[Part.WEB] == pytest.approx(load, rel=0.03)


def test_waits_with_varying_durations_match_pollaczek_and_khinchine():
    load, spread = 0.7, 0.5

    outcome = simulate(demand(spread=spread), {Part.GRADING: 1}, poisson(load, 40_000), seed=2)

    assert mean(outcome.waited) == pytest.approx(load * exp(spread**2) / (2 * (1 - load)), rel=0.15)


def test_the_outcome_depends_only_on_the_seed():
    arrivals, there = poisson(0.5, 100), dict.fromkeys((Part.WEB, Part.GRADING, Part.DATABASE), 1)

    first, again, other = (simulate(demand(), there, arrivals, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_attempts_keep_their_rate_and_peak_at_the_end():
    burst = Burst(students=3_600, attempts=2, mean_hours=1)

    moments = burst.arrivals(60, Random(1))

    assert len(moments) == round(7_200 * (1 - exp(-1)))
    assert 0 <= moments[0] <= moments[-1] <= 3_600
    assert sum(moment > 3_300 for moment in moments) / 300 == pytest.approx(burst.peak, rel=0.15)


def test_a_size_is_the_fewest_graders_that_suffice():
    slow, burst = measured(grading_seconds=3), Burst(students=2_000, attempts=5, mean_hours=2)

    found = size(slow, burst, within=5, seed=1)
    fewer = found.there | {Part.GRADING: found.there[Part.GRADING] - 1}

    assert p95(found.outcome.waited) <= 5
    assert p95(simulate(slow, fewer, burst.arrivals(10, Random(1)), seed=1).waited) > 5


@pytest.mark.nightly
@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_document_shows_what_the_command_prints(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["deploy.capacity", *arguments.split()])

    main()

    assert capsys.readouterr().out.strip() in README


def test_the_document_names_its_commands():
    assert len(COMMANDS) == 3
