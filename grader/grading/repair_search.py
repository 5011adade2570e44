"""Which repairs of a submission work: those of `grader.harness.child.repairs` that make every case pass.

One child tries them one after another on a single failing case. Those that make it pass are confirmed on every case
in a fresh child. A learner often makes one mistake twice: if no repair works alone, pairs of one kind are tried, and
if one helps and cases are left, its kind is tried at a second place.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, zip_longest
from typing import Protocol

from grader.grading.author import CaseAnswer
from grader.packages.cases import Case
from grader.protocol.lines import Edit
from grader.protocol.reports import Finding, Outcome
from grader.sandboxes.base import CallTrace, Ending, Outline

MAX_TRIES = 400
"""Repairs that are tried on one case."""
MAX_PAIRED = 12
"""Repairs of one kind that are tried in pairs; with more of them there are too many pairs."""
MAX_CONFIRMED = 16
"""Repairs that are tried on all cases, in a fresh child."""
BATCH_SECONDS = 0.15
"""The processor time of one run with repairs: before the next run, the worker looks if a submission waits."""
NOT_TRIED = "NotTried"  # as the harness names it
_SHARE_OF_TRIES = 0.5  # of the time: the rest is for those that work, on all cases

DEFAULT_ORDER = (
    "uncut create_graph retain_graph vector zero reduction swap assign delete not_in_place return clone track "
    "move_detach dtype transpose axis index rounding sign accumulate parameter times unneeded bound order indent "
    "unused operator brackets detach drop reuse factor number name"
)
"""The kinds of repairs, in the order in which they are tried."""
FIRST_TRIED = {
    "accumulated": "zero delete clone order uncut",
    "scaled": "reduction factor times number zero delete",
    "mean_for_sum": "reduction",
    "sum_for_mean": "reduction",
    "sign_flipped": "sign swap uncut detach",
    "transposed": "transpose axis swap",
    "zero_gradient": "uncut delete order assign not_in_place track",
    "no_gradient": "uncut track assign order",
    "detached_path": "uncut assign",
    "not_detached": "assign detach uncut",
    "low_precision": "uncut dtype",
    "wrong_dtype": "dtype uncut",
    "wrong_order": "swap",
    "stale": "order clone zero",
    "input_modified": "not_in_place clone delete uncut",
    "returned_none": "return",
    "wrong_shape": "index reduction axis transpose unneeded",
    "wrong_length": "order number bound",
    "value_not_gradient": "name",
}
"""Kinds of repairs that are tried first, by the diagnosis or the message of a finding."""
FIRST_TRIED_AFTER = {
    "does not require grad": "create_graph uncut track",
    "have been used in the graph": "uncut create_graph unused",
    "grad can be implicitly created only for scalar": "reduction vector",
    "backward through the graph a second time": "retain_graph create_graph order",
    "modified by an inplace operation": "assign not_in_place",
    "in-place operation": "not_in_place assign",
    "NoneType": "bound zero delete order return track",
    "number of elements": "index reduction uncut",
    "multiple values": "swap",
}
"""Kinds of repairs that are tried first, by a part of an error."""
WEAK = (
    "detach",
    "drop",
    "reuse",
    "clone",
    "name",
    "number",
    "factor",
    "operator",
    "brackets",
    "parameter",
    "times",
    "sign",
    "unneeded",
    "unused",
    "accumulate",
    "bound",
)
"""Kinds of repairs of which some work by chance."""
Group = tuple[int, ...]
"""Repairs that are made together, by their positions in the outline."""


class RunRepairs(Protocol):
    """Puts the cases to the submission with each group of repairs, all in one child."""

    def __call__(
        self, cases: Sequence[Case], repairs: Sequence[Group], seconds: float, edits: bool
    ) -> tuple[list[CaseAnswer], Ending, Outline]:
        """Return the answers group by group, how the child ended, and the edits if they are wanted."""
        ...


class RepairSearch:
    """The search for the repairs of one submission."""

    def __init__(
        self,
        *,
        answers: Sequence[CaseAnswer],
        failing: set[int],
        outline: Outline,
        order: Mapping[str, int],
        fails: Callable[[Sequence[CaseAnswer]], Sequence[int]],
        run: RunRepairs,
        left: Callable[[], float],
    ) -> None:
        """`failing` are the positions of wrong answers, `left` says how many seconds are left for the search."""
        self._answers, self._failing, self._outline, self._order = answers, failing, outline, order
        self._fails, self._run, self._left = fails, run, left
        self.edits: dict[int, Edit] = {}
        """The edit of each line of which a repair makes every case pass."""

    def find(self) -> Counter[int]:
        """Return how many repairs of each line make every case pass.

        If there is none, those count that repair most of the failing cases and harm no other one. Repairs that are
        often right by chance count only if there are no others.
        """
        tried = [(position,) for position in self._in_order()[:MAX_TRIES]]
        hits = self._hits(tried, self._failing) or self._hits(self._pairs()[:MAX_TRIES], self._failing)
        asked = _by_line(hits, self._outline)[:MAX_CONFIRMED]
        left = self._confirmed(asked)
        helpful = [group for group, still in left.items() if 0 < len(still) < len(self._failing)]
        if helpful and all(left.values()):
            left |= self._twice(helpful, left)
        return self._votes(asked, left)

    def _votes(self, asked: Sequence[Group], left: Mapping[Group, set[int]]) -> Counter[int]:
        for weak_too in (False, True):
            known = [group for group in left if weak_too or not self._is_weak(group)]
            wanted = {self._line_of(group) for group in asked if weak_too or not self._is_weak(group)}
            if wanted - set(map(self._line_of, known)):
                return Counter()  # too little time to know that no other line can be repaired
            fully = Counter(self._line_of(group) for group in known if not left[group])
            if fully:
                return fully
        if len({self._answers[i].case.entry for i in self._failing}) > 1:
            return Counter()
        partly = [g for g, still in left.items() if still < self._failing and 2 * len(still) <= len(self._failing)]
        return Counter(dict.fromkeys((self._line_of(group) for group in partly), 1))

    def _hits(self, tried: Sequence[Group], failing: set[int]) -> list[Group]:
        """Return the groups of repairs with which the fastest of the failing cases passes.

        They are tried in batches. When half of the time that was left is used, the rest is not tried.
        """
        hits: list[Group] = []
        case, rest = self._probe(failing), list(tried)
        least = (1 - _SHARE_OF_TRIES) * self._left()
        while rest and (seconds := min(self._left() - least, BATCH_SECONDS)) > 0:
            answers, _, _ = self._run([case], rest, seconds, False)
            wrong = self._wrong(answers)
            hits += [group for place, group in enumerate(rest) if place not in wrong]
            rest = rest[_tried_of(answers) :]
            if len(answers) == len(rest):
                break  # not one of them fits into a batch
        return hits

    def _wrong(self, answers: Sequence[CaseAnswer]) -> set[int]:
        """Return the positions of wrong answers. Equal ones are judged once: that takes longer than to make them."""
        places: dict[tuple[int, int], list[int]] = {}
        for place, answer in enumerate(answers):
            places.setdefault((id(answer.case), id(answer.observation)), []).append(place)
        different = list(places.values())
        wrong = self._fails([answers[same[0]] for same in different])
        return {place for i in wrong for place in different[i]}

    def _probe(self, failing: set[int]) -> Case:
        wrong = [self._answers[i] for i in sorted(failing)]
        return min(wrong, key=lambda answer: answer.observation.seconds if answer.observation else 0.0).case

    def _pairs(self) -> list[Group]:
        """Return pairs of repairs of one kind at two places, the likely ones first."""
        kinds: dict[str, list[int]] = {}
        for position in self._in_order():
            kinds.setdefault(self._outline.repairs[position][1], []).append(position)
        few = [places for places in kinds.values() if len(places) <= MAX_PAIRED]
        return [pair for places in few for pair in combinations(places, 2)]

    def _twice(self, helpful: Sequence[Group], left: Mapping[Group, set[int]]) -> dict[Group, set[int]]:
        """Return the cases that fail with one of the helpful repairs and a second one of its kind."""
        best = sorted(helpful, key=lambda group: len(left[group]))[:MAX_CONFIRMED]
        kinds = [kind for _, kind in self._outline.repairs]
        order = self._in_order()
        tried = [
            (*group, position)
            for group in best
            for position in order
            if kinds[position] == kinds[group[0]] and position not in group
        ]
        return self._confirmed(self._hits(tried[:MAX_TRIES], left[best[0]])[:MAX_CONFIRMED])

    def _confirmed(self, groups: Sequence[Group]) -> dict[Group, set[int]]:
        """Return the cases that fail with each group of repairs, from a fresh child; keep the edits of those that work.

        Groups for which no time is left are missing.
        """
        seconds = min(self._left(), BATCH_SECONDS)
        if not groups or seconds <= 0:
            return {}
        cases = [answer.case for answer in self._answers]
        answers, ending, outline = self._run(cases, groups, seconds, True)
        wrong = self._wrong(answers)
        found: dict[Group, set[int]] = {}
        for i, group in enumerate(groups):
            first, end = i * len(cases), (i + 1) * len(cases)
            if ending.outcome is not Outcome.GRADED or _is_untried(answers[end - 1]):
                break
            found[group] = {place - first for place in wrong if first <= place < end}
            if not found[group] and i < len(outline.edits) and (edit := outline.edits[i]) is not None:
                self.edits.setdefault(self._line_of(group), edit)
        return found

    def _line_of(self, group: Group) -> int:
        return min(self._outline.repairs[position][0] for position in group)

    def _is_weak(self, group: Group) -> bool:
        return any(self._outline.repairs[position][1] in WEAK for position in group)

    def _in_order(self) -> list[int]:
        """Return the positions of the repairs of lines that ran, the likely ones first."""
        wrong = [self._answers[i] for i in sorted(self._failing)]
        right = [answer for i, answer in enumerate(self._answers) if i not in self._failing]
        suspicion, order = _suspicion(wrong, right), self._order
        known = [
            i
            for i, (line, kind) in enumerate(self._outline.repairs)
            if kind in order and (line in suspicion or kind == "uncut")
        ]
        repairs = self._outline.repairs
        return sorted(known, key=lambda i: (-suspicion.get(repairs[i][0], 0.0), order[repairs[i][1]]))


def order_of(findings: Sequence[Finding]) -> dict[str, int]:
    """Return the rank of each kind of repairs: the first is tried first."""
    ids = [name for finding in findings for name in (finding.diagnosis, finding.message) if name]
    texts = [str(finding.data.get("error", "")) for finding in findings]
    first = [
        *[kinds for text in texts for part, kinds in FIRST_TRIED_AFTER.items() if part in text],
        *[FIRST_TRIED.get(name, "") for name in ids],
    ]
    return {kind: i for i, kind in reversed(list(enumerate([*" ".join([*first, DEFAULT_ORDER]).split()])))}


def _by_line(hits: Sequence[Group], outline: Outline) -> list[Group]:
    """Return hits so that each line comes once before any comes twice, those that are seldom chance first."""
    lines: dict[int, list[Group]] = {}
    for group in sorted(hits, key=lambda group: outline.repairs[group[0]][1] in WEAK):
        lines.setdefault(outline.repairs[group[0]][0], []).append(group)
    return [group for round_ in zip_longest(*lines.values()) for group in round_ if group is not None]


def _is_untried(answer: CaseAnswer) -> bool:
    """Whether a case was not put, since no time was left."""
    error = answer.observation.error if answer.observation else None
    return error is not None and error.type == NOT_TRIED


def _tried_of(answers: Sequence[CaseAnswer]) -> int:
    """Return how many answers there are before the time was over."""
    count = len(answers)
    while count and _is_untried(answers[count - 1]):
        count -= 1
    return count


def trace_of(answer: CaseAnswer) -> CallTrace:
    """Return what was traced of a case; nothing if it has no answer."""
    return (answer.observation and answer.observation.trace) or CallTrace()


def lines_of(answer: CaseAnswer) -> frozenset[int]:
    """Return the lines that ran in a case."""
    return trace_of(answer).lines


def _suspicion(wrong: Sequence[CaseAnswer], right: Sequence[CaseAnswer]) -> dict[int, float]:
    """Return how much more often each line ran in failing cases than in passing ones, in steps of a half."""
    failed = Counter(line for answer in wrong for line in lines_of(answer))
    passed = Counter(line for answer in right for line in lines_of(answer))
    return {
        line: round(2 * (count / len(wrong) - passed[line] / max(len(right), 1))) / 2 for line, count in failed.items()
    }
