"""The total of a learner in a course: what counts, what is dropped, and the weight of each unit. No database, no clock.

Exact: points are read as the decimals that people see, and everything is computed with fractions. So the order of the
assignments does not matter, and ten times 0.1 points is 1 point.

A unit's share is the sum of its points divided by the sum of its maxima. The lowest are dropped by their share of their
own maximum; that never makes the unit's share smaller. Without weights, the total is the sum of the points of all
units; with weights, it is the weighted mean of the units' shares.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor


class ItemStatus(StrEnum):
    """Whether an assignment is a part of the total, and if not, why."""

    COUNTS = "counts"
    DROPPED = "dropped"
    EXEMPT = "exempt"
    HELD = "held"
    NOT_DUE = "not_due"


REASONS = {
    ItemStatus.COUNTS: "counts",
    ItemStatus.DROPPED: "lowest, dropped",
    ItemStatus.EXEMPT: "exempt",
    ItemStatus.HELD: "result held back",
    ItemStatus.NOT_DUE: "not due yet",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalItem:
    """An assignment with what a learner has in it. `points` is None if nothing counts; then it is 0 once it is due.

    `due` says if it is a part of the total: its due date is over, or it has no due date and a grade.
    """

    key: str
    unit: str
    max_points: float
    title: str = ""
    points: float | None = None
    exempt: bool = False
    held: bool = False
    due: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitRule:
    """The rule of a unit: its weight, None for no weight, and how many of its lowest results are dropped."""

    weight: float | None = None
    drop_lowest: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedItem:
    """An assignment in the explanation of a total."""

    item: TotalItem
    status: ItemStatus

    @property
    def reason(self) -> str:
        """Why it does not count, in words."""
        return REASONS[self.status]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitTotal:
    """A unit in the explanation of a total.

    `points` of `max_points` are those of the assignments that count. `weight` is the part of the total that the unit
    decides, 0 to 1; the weights of the units that count so far add up to 1. None if units have no weights.
    """

    unit: str
    items: tuple[CountedItem, ...]
    points: Fraction
    max_points: Fraction
    drop_lowest: int
    weight: Fraction | None = None

    @property
    def share(self) -> Fraction | None:
        """The points as a share of their maximum; None if nothing counts yet."""
        return self.points / self.max_points if self.max_points else None

    @property
    def left_out(self) -> list[CountedItem]:
        """The assignments that do not count, but for those that are not due yet."""
        return [one for one in self.items if one.status not in {ItemStatus.COUNTS, ItemStatus.NOT_DUE}]

    @property
    def not_due(self) -> int:
        """How many assignments are not due yet."""
        return sum(one.status is ItemStatus.NOT_DUE for one in self.items)


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseTotal:
    """A learner's total, and what it is made of.

    `points` of `max_points` are sums over all units. `share` is the total as a share of all that counts, above 1 with
    bonus points; None if nothing counts yet.
    """

    units: tuple[UnitTotal, ...]
    points: Fraction
    max_points: Fraction
    share: Fraction | None
    is_weighted: bool

    @property
    def percent(self) -> Decimal | None:
        """The share in percent, rounded to two decimals, halves up."""
        return None if self.share is None else rounded(100 * self.share)


def exact(number: float) -> Fraction:
    """Return a number as the decimal that people see: 0.1 is one tenth."""
    return Fraction(repr(float(number)))


def rounded(number: Fraction) -> Decimal:
    """Return a number with two decimals, halves up."""
    return Decimal(floor(100 * number + Fraction(1, 2))) / 100


def total_of(items: Collection[TotalItem], rules: Mapping[str, UnitRule]) -> CourseTotal:
    """Return the total of a learner. A unit without a rule has the weight 0 if any unit has a weight."""
    units = list(dict.fromkeys(item.unit for item in items))
    found = [_unit(unit, [item for item in items if item.unit == unit], rules.get(unit, UnitRule())) for unit in units]
    points = sum((unit.points for unit in found), Fraction(0))
    max_points = sum((unit.max_points for unit in found), Fraction(0))
    if not is_weighted(rules):
        share = points / max_points if max_points else None
        return CourseTotal(units=tuple(found), points=points, max_points=max_points, share=share, is_weighted=False)
    weights = {unit.unit: _weight(unit, rules) for unit in found}
    whole = sum(weights.values(), Fraction(0))
    weighted = tuple(replace(unit, weight=weights[unit.unit] / whole if whole else Fraction(0)) for unit in found)
    share = sum((unit.share * unit.weight for unit in weighted if unit.share is not None and unit.weight), Fraction(0))
    return CourseTotal(
        units=weighted, points=points, max_points=max_points, share=share if whole else None, is_weighted=True
    )


def is_weighted(rules: Mapping[str, UnitRule]) -> bool:
    """Whether any unit has a weight."""
    return any(rule.weight is not None for rule in rules.values())


def _weight(unit: UnitTotal, rules: Mapping[str, UnitRule]) -> Fraction:
    """Return the weight of a unit, 0 if nothing counts in it yet: the others then share its part."""
    rule = rules.get(unit.unit, UnitRule())
    return exact(rule.weight or 0) if unit.share is not None else Fraction(0)


def _unit(unit: str, items: Sequence[TotalItem], rule: UnitRule) -> UnitTotal:
    dropped = _dropped([item for item in items if _status_of(item) is ItemStatus.COUNTS], rule.drop_lowest)
    shown = tuple(
        CountedItem(item=item, status=ItemStatus.DROPPED if item.key in dropped else _status_of(item)) for item in items
    )
    kept = [one.item for one in shown if one.status is ItemStatus.COUNTS]
    return UnitTotal(
        unit=unit,
        items=shown,
        points=sum((exact(item.points or 0) for item in kept), Fraction(0)),
        max_points=sum((exact(item.max_points) for item in kept), Fraction(0)),
        drop_lowest=rule.drop_lowest,
    )


def _status_of(item: TotalItem) -> ItemStatus:
    if item.exempt:
        return ItemStatus.EXEMPT
    if item.held:
        return ItemStatus.HELD
    return ItemStatus.COUNTS if item.due else ItemStatus.NOT_DUE


def _dropped(counting: Sequence[TotalItem], number: int) -> set[str]:
    """Return the keys of the lowest results. One stays in any case, and an assignment without a maximum always stays.

    Of equal shares, the one with the larger maximum is dropped: that is never worse for the learner. After that the key
    decides, so that the same one is dropped every time.
    """
    with_maximum = [item for item in counting if item.max_points > 0]
    lowest = sorted(with_maximum, key=lambda item: (_share(item), -exact(item.max_points), item.key))
    return {item.key for item in lowest[: max(0, min(number, len(with_maximum) - 1))]}


def _share(item: TotalItem) -> Fraction:
    return exact(item.points or 0) / exact(item.max_points)
