"""Real reports for the demo's submissions.

Nothing here makes a score up: every report comes from the grader itself, run as `python -m grader grade-many` in a
process of its own (the server cannot import it), in the sandbox that this machine has. Reports are kept by the version
of the exercise and the code, so that a second run is quick.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from grader.packages.catalogue import Package, exercises_folder

# Every demo submission has the same secret cases.
SEED = 20_260_301


class NoGrader(Exception):
    """The grader cannot be run on this machine; the text is what it said."""


def samples(package: Package) -> dict[str, str]:
    """Return the right and wrong answers that come with an exercise, by the name of the file."""
    folders = [package.folder / "alternatives", package.folder / "mistakes"]
    files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    written = {f"{file.parent.name}/{file.stem}": file.read_text(encoding="utf-8") for file in files}
    return {"solution": package.solution} | written


def reports_of(package: Package, sources: dict[str, str], *, root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the report of each source, by its name; `root` is another exercises folder. NoGrader where none runs."""
    kept = {name: _kept(package, source) for name, source in sources.items()}
    missing = {name: sources[name] for name, file in kept.items() if not file.exists()}
    for name, report in _grade(package.slug, missing, root or exercises_folder()).items():
        kept[name].parent.mkdir(parents=True, exist_ok=True)
        kept[name].write_text(json.dumps(report), encoding="utf-8")
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in kept.items()}


def _kept(package: Package, source: str) -> Path:
    version = hashlib.sha256(f"{package.digest}\0{SEED}\0{source}".encode()).hexdigest()
    return Path(settings.VAR) / "demo-reports" / f"{version}.json"


def _grade(slug: str, sources: dict[str, str], root: Path) -> dict[str, dict[str, Any]]:
    if not sources:
        return {}
    names = {f"s{number:03}.py": name for number, name in enumerate(sources)}
    with tempfile.TemporaryDirectory() as folder:
        for file, name in names.items():
            (Path(folder) / file).write_text(sources[name], encoding="utf-8")
        command = [sys.executable, "-m", "grader", "grade-many", slug, folder, "--json", "--full", "--seed", str(SEED)]
        env = {**os.environ, "CHAINRULE_EXERCISES": str(root)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)  # noqa: S603 our own words
    if done.returncode:
        raise NoGrader(done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {names[line.pop("file")]: line for line in lines}
