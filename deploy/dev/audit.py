"""`make audit`: look for known vulnerabilities in what is locked. A part of `make test`.

Fails on a vulnerability that deploy/requirements/accepted.toml does not list, with a reason and a day by which it is
looked at again. Where the advisory service cannot be asked, it says so and passes: that is no finding, and no clean
bill either. A mirror of the index that knows no advisories answers as if there were none; so it is first asked about a
version that is known to be vulnerable.
"""

import json
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.dev.base import REQUIREMENTS, VENV, SetupError, main, say

ACCEPTED = REQUIREMENTS / "accepted.toml"
PARTS = ("web", "grader", "sandbox", "dev")
# PYSEC-2024-60, a denial of service.
KNOWN_VULNERABLE = "idna==3.6\n"
# For one answer, then for all of them (seconds).
PATIENCE = 10
PATIENCE_IN_ALL = 300


@dataclass(frozen=True, kw_only=True)
class Vulnerability:
    """Something known to be wrong with a package: its ids, and the versions in which it is mended."""

    package: str
    ids: frozenset[str]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"mended in {', '.join(self.fixed_in)}" if self.fixed_in else "not mended yet"
        return f"{self.package}: {', '.join(sorted(self.ids))} ({fixed})"


class Unreachable(Exception):
    """The advisory service cannot be asked, or knows nothing."""


def audit() -> None:
    """Ask, and say what came out. SetupError where something is wrong."""
    accepted = accepted_until(tomllib.loads(ACCEPTED.read_text()), today=datetime.now(UTC).date())
    try:
        if not ask(KNOWN_VULNERABLE):
            raise Unreachable("it knows nothing of a vulnerability that everybody knows, as mirrors of the index do")
        found = ask(locked_pins())
    except Unreachable as error:
        say(f"NOT AUDITED: the advisory service cannot be asked here ({error})")
        return
    judge(found, accepted)
    say(f"no known vulnerability in what is locked, besides {len(accepted)} accepted")


def judge(found: list[Vulnerability], accepted: Mapping[str, date]) -> None:
    """Do nothing where every vulnerability found is accepted; SetupError that lists the others."""
    others = [one for one in found if not one.ids & accepted.keys()]
    if others:
        raise SetupError(
            "known vulnerabilities in what is locked. Take a mended version (UPGRADE=1 make lock), or say in "
            f"{ACCEPTED.name} why it does not concern us:\n" + "\n".join(map(str, others))
        )


def accepted_until(document: Mapping[str, Any], *, today: date) -> dict[str, date]:
    """Return the ids that are accepted, each with its last day. SetupError where one has no reason, or is overdue."""
    for name, entry in document.items():
        if not entry.get("why") or not isinstance(entry.get("until"), date):
            raise SetupError(f"{ACCEPTED.name}: {name} needs `why`, a sentence, and `until`, a date")
        if entry["until"] < today:
            raise SetupError(f"{ACCEPTED.name}: {name} was accepted until {entry['until']}; look at it again")
    return {name: entry["until"] for name, entry in document.items()}


def locked_pins() -> str:
    """Return every package that we lock, as requirements, without their hashes."""
    texts = [(REQUIREMENTS / f"{part}.txt").read_text() for part in PARTS]
    return "".join(sorted({f"{line.split()[0]}\n" for text in texts for line in text.splitlines() if "==" in line}))


def ask(requirements: str) -> list[Vulnerability]:
    """Return what is known to be wrong with these packages; Unreachable where it cannot be found out of each."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements)
        command: list[str | Path] = [VENV / "bin" / "pip-audit", "-r", file, "--no-deps", "--disable-pip", "-f", "json"]
        command += ["--progress-spinner", "off", "--timeout", str(PATIENCE)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_IN_ALL)
            answers = json.loads(done.stdout)["dependencies"]
        except subprocess.TimeoutExpired:
            raise Unreachable(f"no answer within {PATIENCE_IN_ALL} seconds") from None
        except (ValueError, KeyError, TypeError):
            raise Unreachable(last_line(done.stderr)) from None
    return read(answers)


def read(answers: list[dict[str, Any]]) -> list[Vulnerability]:
    """Return the vulnerabilities in pip-audit's answers; Unreachable where it passed packages over."""
    skipped = [answer["name"] for answer in answers if "skip_reason" in answer]
    if skipped:
        raise Unreachable(f"it does not know {', '.join(skipped[:3])}{' and others' if len(skipped) > 3 else ''}")
    return [
        Vulnerability(
            package=f"{answer['name']} {answer['version']}",
            ids=frozenset([one["id"], *one["aliases"]]),
            fixed_in=tuple(one["fix_versions"]),
        )
        for answer in answers
        for one in answer["vulns"]
    ]


def last_line(text: str) -> str:
    """Return the last line of what a program complained of, shortened."""
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


if __name__ == "__main__":
    main(audit)
