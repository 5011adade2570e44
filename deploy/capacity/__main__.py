"""Print the tables of README.md.

python -m deploy.capacity [--attempts 5] [--mean-hours 2] [--within 5] [--grading-seconds S] [--price 0.05] [--seed 1]
"""

import argparse

from deploy.capacity.parts import Demand, Part, measured
from deploy.capacity.simulation import Burst, p95
from deploy.capacity.sizes import SCALED, Size, core_hours, held_hours, size

STUDENTS = (1_000, 10_000, 100_000)


def main() -> None:
    """Print both tables for these options."""
    parser = argparse.ArgumentParser(prog="python -m deploy.capacity")
    parser.add_argument("--students", type=int, nargs="*", default=list(STUDENTS))
    parser.add_argument("--attempts", type=float, default=5, help="Of each student, for the assignment that is due.")
    parser.add_argument("--mean-hours", type=float, default=2, help="How long before the deadline, on average.")
    parser.add_argument("--within", type=float, default=5, help="Seconds that 95 of 100 attempts wait at most.")
    parser.add_argument("--grading-seconds", type=float, help="What one grading takes, instead of what was measured.")
    parser.add_argument("--price", type=float, default=0.05, help="Of a core for an hour.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    demand = measured(options.grading_seconds)
    bursts = [Burst(students=n, attempts=options.attempts, mean_hours=options.mean_hours) for n in options.students]
    print(saturation(demand))
    print()
    print(needs(demand, [size(demand, one, within=options.within, seed=options.seed) for one in bursts], options.price))


def saturation(demand: Demand) -> str:
    """Return the table of saturation with one of each part: the first row is full first."""
    rows = sorted(demand.seconds.items(), key=lambda row: -row[1])
    lines = [f"| {part} | {1000 * seconds:.1f} ms | {1 / seconds:,.1f} |" for part, seconds in rows]
    return "\n".join(
        ["| one of the | busy for an attempt | full at so many attempts a second |", "|---|--:|--:|", *lines]
    )


def needs(demand: Demand, sizes: list[Size], price: float) -> str:
    """Return the table of the parts that each burst needs."""
    heads = ["students", "attempts/s at the deadline", *SCALED, "score within (95 %)", "busiest", "core-hours used"]
    heads += ["core-hours held", "price"]
    lines = [f"| {' | '.join(row(demand, found, price))} |" for found in sizes]
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "--:|" * len(heads), *lines])


def row(demand: Demand, found: Size, price: float) -> list[str]:
    """Return one burst's row."""
    busiest: Part = found.fullest
    held = held_hours(found)
    return [
        f"{found.burst.students:,}",
        f"{found.burst.peak:.1f}",
        *(str(found.there[part]) for part in SCALED),
        f"{p95(found.outcome.seconds):.1f} s",
        f"{busiest}, {found.outcome.busy[busiest]:.0%}",
        f"{core_hours(demand, found.burst):,.1f}",
        f"{held:,.0f}",
        f"{price * held:,.2f}",
    ]


if __name__ == "__main__":
    main()
