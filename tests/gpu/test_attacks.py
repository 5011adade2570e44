"""Attacks that need a GPU: they gain nothing, and the next submission finds the GPU as if they had never run."""

from pathlib import Path

import pytest

from tests.support.arena import attacks_in, expectation, source_of, withstand
from tests.support.engines import GPU

if not GPU:
    pytest.skip("needs an NVIDIA GPU, and `make gpu-test`", allow_module_level=True)

pytestmark = [pytest.mark.gpu, pytest.mark.slow]

FOLDER = Path(__file__).parent / "attacks"
ATTACKS = attacks_in(FOLDER)

# Like tests/security/expected.toml.
EXPECTED = {
    "all_memory_by_torch": {"outcome": "out_of_memory", "points": 0},
    "memory_of_others": {"outcome": ["graded", "out_of_memory"], "twice": True},
    "endless_kernel": {"outcome": "timed_out", "points": 0},
    # The results can wait behind the kernel: torch's streams wait for the default stream, and it waits for them.
    "endless_kernel_left_behind": {"outcome": ["timed_out", "graded"]},
    "index_out_of_range": {"points": 0},
    "address_out_of_range": {"outcome": ["crashed", "graded"], "points": 0},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_gpu_gains_nothing_and_harms_nobody(attack, sandbox):
    withstand(source_of(attack, FOLDER), expectation(EXPECTED.get(attack, {}), "gpu"), sandbox)


def test_every_row_of_the_table_is_an_attack():
    assert EXPECTED.keys() <= set(ATTACKS)
