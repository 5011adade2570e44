"""`make audit`: look for known vulnerabilities in the locked packages. A part of `make test`.

It fails if it finds a vulnerability that deploy/requirements/accepted.toml does not list with a reason and a last day.
If the advisory service cannot be reached, it prints NOT AUDITED and passes. A mirror of the index that has no
advisories answers as if there were none, so the audit first asks about a version that is known to be vulnerable.
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
# Seconds, for one answer and for all of them.
PATIENCE = 10
PATIENCE_IN_ALL = 300


@dataclass(frozen=True, kw_only=True)
class Vulnerability:
    """A known vulnerability of a package: its ids, and the versions that fix it."""

    package: str
    ids: frozenset[str]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        return f"{self.package}: {', '.join(sorted(self.ids))} ({fixed})"


class Unreachable(Exception):
    """The advisory service cannot be reached, or has no advisories."""


def audit() -> None:
    """Audit all locked packages and print the result. Raises SetupError if one is vulnerable and not accepted."""
    accepted = accepted_until(tomllib.loads(ACCEPTED.read_text()), today=datetime.now(UTC).date())
    try:
        if not ask(KNOWN_VULNERABLE):
            raise Unreachable(
                "it has no advisory for a version that is known to be vulnerable, like a mirror of the index"
            )
        found = ask(locked_pins())
    except Unreachable as error:
        say(f"NOT AUDITED: the advisory service cannot be reached ({error})")
        return
    judge(found, accepted)
    say(f"no known vulnerability in the locked packages, apart from {len(accepted)} accepted")


def judge(found: list[Vulnerability], accepted: Mapping[str, date]) -> None:
    """Raises SetupError if a vulnerability is not accepted; the message lists all of these."""
    others = [one for one in found if not one.ids & accepted.keys()]
    if others:
        raise SetupError(
            "known vulnerabilities in the locked packages. Take a fixed version (UPGRADE=1 make lock), or write in "
            f"{ACCEPTED.name} why it does no harm here:\n" + "\n".join(map(str, others))
        )


def accepted_until(document: Mapping[str, Any], *, today: date) -> dict[str, date]:
    """Return the accepted ids, each with its last day. Raises SetupError if one has no reason, or its day is over."""
    for name, entry in document.items():
        if not entry.get("why") or not isinstance(entry.get("until"), date):
            raise SetupError(f"{ACCEPTED.name}: {name} needs `why`, a sentence, and `until`, a date")
        if entry["until"] < today:
            raise SetupError(f"{ACCEPTED.name}: {name} was accepted until {entry['until']}; look at it again")
    return {name: entry["until"] for name, entry in document.items()}


def locked_pins() -> str:
    """Return every locked package, as requirements without hashes."""
    texts = [(REQUIREMENTS / f"{part}.txt").read_text() for part in PARTS]
    return "".join(sorted({f"{line.split()[0]}\n" for text in texts for line in text.splitlines() if "==" in line}))


def ask(requirements: str) -> list[Vulnerability]:
    """Return the vulnerabilities of these packages. Raises Unreachable if one of them cannot be looked up."""
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
    """Return the vulnerabilities in pip-audit's answers. Raises Unreachable if it skipped a package."""
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
    """Return the last line of a program's error output, shortened."""
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if line.strip()), "no error output")


if __name__ == "__main__":
    main(audit)
