"""Attacks that need a GPU: they gain nothing, and whoever comes next finds a GPU as if they had never been."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engines import GPU
from tests.hostile.arena import FULL_MARKS, RIDE, SOLUTION, Expectation, Hurried, achievements, graded

if not GPU:
    pytest.skip("needs an NVIDIA GPU, and `make gpu-test`", allow_module_level=True)

pytestmark = [pytest.mark.gpu, pytest.mark.slow]

HERE = Path(__file__).parent
ATTACKS = sorted(path.stem for path in (HERE / "attacks").glob("*.py"))


@dataclass(frozen=True)
class Row:
    """What an attack must get: as in the table of the others, graded with full marks where nothing else is said."""

    outcomes: tuple[str, ...] = ("graded",)
    points: float = FULL_MARKS
    times: int = 1


EXPECTED = {
    "all_memory_by_torch": Row(("out_of_memory",), points=0),
    "memory_of_others": Row(("graded", "out_of_memory"), times=2),
    "endless_kernel": Row(("timed_out",), points=0),
    # Its results are waited for behind it: streams of torch's wait for the first one, and that for them.
    "endless_kernel_left_behind": Row(("timed_out", "graded")),
    "index_out_of_range": Row(points=0),
    "address_out_of_range": Row(("crashed", "graded"), points=0),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_gpu_gains_nothing_and_harms_nobody(attack, sandbox):
    row = EXPECTED.get(attack, Row())
    expected = Expectation(outcomes=row.outcomes, points=row.points, twice=row.times == 2, tolerated=())
    source = (HERE / "attacks" / f"{attack}.py").read_text() + RIDE.format(solution=SOLUTION)

    for _ in range(row.times):
        report = graded(source, Hurried(sandbox, expected))

        assert achievements(report) == []
        assert str(report.outcome) in row.outcomes, report.output
        assert report.given <= row.points
    honest = graded(SOLUTION, sandbox)

    assert honest.given == FULL_MARKS
    assert honest.output == ""


def test_every_row_of_the_table_is_an_attack():
    assert EXPECTED.keys() <= set(ATTACKS)
