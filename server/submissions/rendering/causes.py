"""Which failed checks have one cause: one mistake is told once, with all checks that it costs."""

from collections.abc import Hashable, Iterable
from typing import Any

from grader.protocol.reports import Finding, Status


def by_cause(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the failed findings in groups; first the groups that the grader diagnosed, otherwise in order.

    Two checks have one cause if their diagnosis is the same, if the code raised the same kind of error at the same
    line, or if their smallest example is the same call with the same result.
    """
    groups: list[tuple[set[Hashable], list[Finding]]] = []
    for finding in findings:
        if finding.status is Status.FAILED:
            keys, members = set(_keys(finding)), [finding]
            for group in [group for group in groups if group[0] & keys]:
                groups.remove(group)
                keys, members = keys | group[0], group[1] + members
            groups.append((keys, members))
    return sorted((members for _, members in groups), key=lambda members: all(one.diagnosis is None for one in members))


def _keys(finding: Finding) -> Iterable[Hashable]:
    error, line = finding.data.get("error"), finding.data.get("line")
    if finding.diagnosis is not None:
        yield "diagnosis", finding.diagnosis
    elif isinstance(error, str):
        yield "error", error.partition(":")[0], line if isinstance(line, int) else None
    else:
        yield "message", finding.message, finding.hint
    example: Any = finding.evidence.get("counterexample")
    if isinstance(example, dict) and isinstance(example.get("call"), str) and isinstance(example.get("got"), str):
        yield "example", example["call"], example["got"]
