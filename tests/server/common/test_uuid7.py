import time_machine

from server.common.uuid7 import uuid7


def test_ids_are_version_7_uuids():
    made = uuid7()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_later_ids_sort_after_earlier_ones():
    with time_machine.travel(1_000_000, tick=False):
        early = uuid7()
    with time_machine.travel(1_000_000.001, tick=False):
        late = uuid7()

    assert early < late


def test_ids_of_one_millisecond_differ():
    with time_machine.travel(1_000_000, tick=False):
        assert len({uuid7() for _ in range(1000)}) == 1000
