"""Totals are exact, do not depend on any order, and can be explained."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from server.gradebook.totals import ItemStatus, TotalItem, UnitRule, exact, rounded, total_of

UNITS = ["a", "b", "c"]
POINTS = st.integers(0, 1200).map(lambda tenths: tenths / 10)


@st.composite
def some_items(draw, *, least=0):
    made = []
    for number in range(draw(st.integers(least, 9))):
        points = draw(st.none() | POINTS)
        made.append(
            TotalItem(
                key=f"k{number}",
                unit=draw(st.sampled_from(UNITS)),
                max_points=draw(st.sampled_from([0, 1, 2.5, 10, 100])),
                points=points,
                exempt=draw(st.booleans()) and draw(st.booleans()),
                held=draw(st.booleans()) and draw(st.booleans()),
                due=draw(st.booleans()) or points is not None,
            )
        )
    return made


RULES = st.dictionaries(
    st.sampled_from(UNITS),
    st.builds(UnitRule, weight=st.none() | st.sampled_from([0, 0.1, 1, 30, 33.3]), drop_lowest=st.integers(0, 4)),
)


def item(key, points, most=10, *, unit="a", **fields):
    return TotalItem(key=key, unit=unit, max_points=most, points=points, **fields)


def dropped(total):
    return {one.item.key for unit in total.units for one in unit.items if one.status is ItemStatus.DROPPED}


@given(some_items(), RULES, st.randoms())
def test_the_order_of_assignments_does_not_matter(items, rules, random):
    shuffled = list(items)
    random.shuffle(shuffled)

    one, other = total_of(items, rules), total_of(shuffled, rules)

    assert (one.share, one.points, one.max_points) == (other.share, other.points, other.max_points)
    assert dropped(one) == dropped(other)


@given(some_items(), RULES, st.sampled_from(UNITS), st.none() | POINTS, st.sampled_from(["exempt", "held", "due"]))
def test_what_does_not_count_never_changes_the_total(items, rules, unit, points, why):
    more = TotalItem(key="more", unit=unit, max_points=100, points=points, **{why: why != "due"})

    before, after = total_of(items, rules), total_of([*items, more], rules)

    assert (before.share, before.points, before.max_points) == (after.share, after.points, after.max_points)
    assert dropped(before) == dropped(after)


@given(some_items(), RULES)
def test_dropping_never_makes_a_total_smaller(items, rules):
    kept = {unit: UnitRule(weight=rule.weight) for unit, rule in rules.items()}

    with_drops, without = total_of(items, rules), total_of(items, kept)

    assert (with_drops.share is None) == (without.share is None)
    for unit, whole in zip(with_drops.units, without.units, strict=True):
        if whole.share is not None:
            assert unit.share >= whole.share
    if with_drops.is_weighted and without.share is not None:
        assert with_drops.share >= without.share


@given(some_items(), RULES)
def test_the_explanation_adds_up(items, rules):
    total = total_of(items, rules)

    assert sorted(one.item.key for unit in total.units for one in unit.items) == sorted(one.key for one in items)
    for unit in total.units:
        counting = [one.item for one in unit.items if one.status is ItemStatus.COUNTS]
        assert unit.points == sum((exact(one.points or 0) for one in counting), Fraction(0))
        assert unit.max_points == sum((exact(one.max_points) for one in counting), Fraction(0))
    if total.is_weighted and total.share is not None:
        assert sum(unit.weight for unit in total.units) == 1
        assert total.share == sum(unit.weight * unit.share for unit in total.units if unit.weight)
    elif total.share is not None:
        assert total.share == total.points / total.max_points


@given(st.lists(POINTS, min_size=1, max_size=8), st.integers(0, 9))
def test_the_lowest_are_dropped_and_one_stays(points, number):
    items = [item(f"k{place}", value, 100) for place, value in enumerate(points)]

    total = total_of(items, {"a": UnitRule(drop_lowest=number)})

    left = sorted(points)[min(number, len(points) - 1) :]
    assert total.points == sum(map(exact, left))
    assert len(dropped(total)) == min(number, len(points) - 1)


@given(some_items(least=1))
def test_without_rules_the_total_is_a_plain_sum(items):
    counting = [one for one in items if one.due and not one.exempt and not one.held]

    total = total_of(items, {})

    assert total.points == sum((exact(one.points or 0) for one in counting), Fraction(0))
    assert not dropped(total)


def test_decimals_are_exact():
    total = total_of([item(str(n), 0.1, 1) for n in range(10)], {})

    assert total.points == 1
    assert total.share == Fraction(1, 10)
    assert [rounded(Fraction(number, 1000)) for number in (5, 4, 1005)] == [Decimal("0.01"), 0, Decimal("1.01")]


def test_units_are_weighted_and_share_the_weight_of_empty_ones():
    items = [item("x", 5), item("y", 10, unit="b"), item("z", None, unit="c", due=False)]
    rules = {"a": UnitRule(weight=30), "b": UnitRule(weight=10), "c": UnitRule(weight=60)}

    total = total_of(items, rules)

    assert total.share == Fraction(30 * 1 + 10 * 2, 80)
    assert [unit.weight for unit in total.units] == [Fraction(3, 4), Fraction(1, 4), 0]
    assert total.percent == Decimal("62.5")


def test_a_unit_without_weight_is_left_out_beside_others():
    total = total_of([item("x", 5), item("y", 10, unit="b")], {"a": UnitRule(weight=1)})

    assert total.share == Fraction(1, 2)


def test_bonus_points_can_make_more_than_all():
    total = total_of([item("x", 11), item("y", 10)], {})

    assert (total.points, total.max_points, total.percent) == (21, 20, Decimal(105))


def test_of_equal_shares_the_larger_assignment_is_dropped():
    items = [item("small", 0, 1), item("large", 0, 100), item("good", 10)]

    assert dropped(total_of(items, {"a": UnitRule(drop_lowest=1)})) == {"large"}


def test_missing_work_that_is_due_is_dropped_first():
    items = [item("missing", None), item("weak", 1), item("later", None, due=False)]

    assert dropped(total_of(items, {"a": UnitRule(drop_lowest=1)})) == {"missing"}
