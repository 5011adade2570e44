"""Writing what each wrong answer got into `mistakes.toml`. Without torch: the web server writes it too.

Only what changed is written: order, comments, and tables that are right stay as they are. A line that an author chose
stays too, unless the answer has no code there any more. The file has the shape that `grader.packages.mistakes`
describes; if it has another one, or is no TOML, its tables are written anew.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.packages.mistakes import NO_LINE, has_code
from grader.protocol.reports import Outcome
from grader.protocol.verifications import MistakeResult

_TABLE = re.compile(r"^\s*\[(?P<name>[\w-]+)(?P<findings>\.findings)?\]\s*(?:#.*)?$")
_VALUE = re.compile(r"^(?P<key>[\w-]+)\s*=\s*(?P<value>\"[^\"\\]*\"|[^\"'#\s{}\[\]]+)(?P<comment>\s*#.*)?$")


def with_results(
    text: str, results: Sequence[MistakeResult], *, sources: Mapping[str, str], remove_others: bool = False
) -> str:
    """Return the text of a `mistakes.toml` in which these wrong answers have what they got.

    `text` is the file as it is, "" if there is none. `sources` are the answers by name. With `remove_others`, tables of
    other wrong answers go.
    """
    wanted = _wanted(text, results, sources, remove_others=remove_others)
    changed = _edited(text, wanted)
    if _parsed(changed) == wanted:
        return changed
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    return _joined(
        [*comments, *([""] if comments else [])], [_new_block(name, table) for name, table in wanted.items()]
    )


def _wanted(
    text: str, results: Sequence[MistakeResult], sources: Mapping[str, str], *, remove_others: bool
) -> dict[str, dict[str, object]]:
    """Return the tables that the file shall have, in their order: the known ones, then the new ones."""
    stated = _parsed(text) or {}
    found = {result.name: result for result in results}
    kept = [name for name in stated if name in found or not remove_others]
    wanted = {}
    for name in [*kept, *(name for name in found if name not in stated)]:
        before = stated.get(name)
        wanted[name] = _table(found[name], before, sources.get(name, "")) if name in found else before
    return wanted  # type: ignore[return-value]  # a table that is none makes `verify` fail, as before


def _table(result: MistakeResult, before: object, source: str) -> dict[str, object]:
    """Return what a table shall say. The author's line stays if it has code; else there is the one that was found."""
    known = before if isinstance(before, Mapping) else {}
    line = known.get("line")
    has_line = (isinstance(line, int) and not isinstance(line, bool) and has_code(source, line)) or line == NO_LINE
    table: dict[str, object] = {
        "score": int(result.score) if float(result.score).is_integer() else result.score,
        "line": line if has_line else result.line or NO_LINE,
    }
    if result.outcome is not Outcome.GRADED or "outcome" in known:
        table["outcome"] = str(result.outcome)
    if result.findings or "findings" in known:
        table["findings"] = dict(result.findings)
    return table


@dataclass(kw_only=True)
class _Block:
    """A table with its lines. The comments and empty lines before it belong to it."""

    name: str
    own: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def _edited(text: str, wanted: Mapping[str, Mapping[str, object]]) -> str:
    head, blocks = _blocks(text)
    known = {block.name for block in blocks}
    edited = [_edited_block(block, wanted[block.name]) for block in blocks if block.name in wanted]
    new = [_new_block(name, table) for name, table in wanted.items() if name not in known]
    return _joined(head, [*edited, *new])


def _joined(head: Sequence[str], blocks: Sequence[Sequence[str]]) -> str:
    lines = list(head)
    for block in blocks:
        if lines and lines[-1].strip() and block[0].strip():
            lines.append("")
        lines += block
    return "\n".join(lines).strip("\n") + "\n" if lines else ""


def _blocks(text: str) -> tuple[list[str], list[_Block]]:
    """Return the lines before the first table, and the tables."""
    head: list[str] = []
    blocks: list[_Block] = []
    waiting: list[str] = []  # comments and empty lines: they belong to what comes next
    into = head
    for line in text.splitlines():
        match = _TABLE.match(line)
        if match is None and (not line.strip() or line.lstrip().startswith("#")):
            waiting.append(line)
            continue
        if match is not None and not (match["findings"] and blocks and blocks[-1].name == match["name"]):
            blocks.append(_Block(name=match["name"]))
            into = blocks[-1].own
        elif match is not None:
            into = blocks[-1].findings
        into += [*waiting, line]
        waiting = []
    into += waiting
    return head, blocks


def _edited_block(block: _Block, table: Mapping[str, object]) -> list[str]:
    values = {key: value for key, value in table.items() if key != "findings"}
    findings = table.get("findings", {})
    assert isinstance(findings, Mapping)
    own, ending = _without_ending(_edited_values(block.own, values))
    its_findings = block.findings or ([f"[{block.name}.findings]"] if findings else [])
    below, last = _without_ending(_edited_values(its_findings, findings))
    return [*own, *(ending if block.findings else []), *below, *last, *([] if block.findings else ending)]


def _edited_values(lines: Sequence[str], values: Mapping[str, object]) -> list[str]:
    """Return the lines with these values: what is right stays, with its comment, and what is missing is added."""
    edited: list[str] = []
    seen: set[str] = set()
    for line in lines:
        match = _VALUE.match(line)
        if match is None:
            edited.append(line)
        elif match["key"] in values:
            value = values[match["key"]]
            same = _parsed(line) == {match["key"]: value}
            edited.append(line if same else f"{match['key']} = {_toml(value)}{match['comment'] or ''}")
            seen.add(match["key"])
    content, ending = _without_ending(edited)
    return [*content, *(f"{key} = {_toml(value)}" for key, value in values.items() if key not in seen), *ending]


def _without_ending(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines up to the last that has a value or a table, and the comments and empty lines after it."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return lines[:end], lines[end:]


def _new_block(name: str, table: Mapping[str, object]) -> list[str]:
    values = [f"{key} = {_toml(value)}" for key, value in table.items() if key != "findings"]
    findings = table.get("findings")
    below = [f"{key} = {_toml(value)}" for key, value in findings.items()] if isinstance(findings, Mapping) else []
    return [f"[{name}]", *values, *([f"[{name}.findings]", *below] if below else [])]


def _toml(value: object) -> str:
    """Return a value as TOML. JSON's strings and numbers are TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def _parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
