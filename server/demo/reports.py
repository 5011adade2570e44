"""Real reports for the submissions of the demo.

Every report comes from the grader itself: `python -m grader grade-many` in a separate process (the server cannot
import the grader), in the sandbox that this machine has. Reports are cached by exercise version and code, so that a
second run is fast.
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
    """The grader cannot run on this machine. The message is its error output."""


def samples(package: Package) -> dict[str, str]:
    """Return the right and wrong answers that come with an exercise, by the name of the file."""
    folders = [package.folder / "alternatives", package.folder / "mistakes"]
    files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    written = {f"{file.parent.name}/{file.stem}": file.read_text(encoding="utf-8") for file in files}
    return {"solution": package.solution} | written


def reports_of(package: Package, sources: dict[str, str], *, root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the report of each source, by name. Raises NoGrader if the grader cannot run.

    `root` is the folder of the exercises, if not the usual one.
    """
    cached = {name: _cached(package, source) for name, source in sources.items()}
    missing = {name: sources[name] for name, file in cached.items() if not file.exists()}
    for name, report in _grade(package.slug, missing, root or exercises_folder()).items():
        cached[name].parent.mkdir(parents=True, exist_ok=True)
        cached[name].write_text(json.dumps(report), encoding="utf-8")
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in cached.items()}


def _cached(package: Package, source: str) -> Path:
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
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)  # noqa: S603 fixed arguments
    if done.returncode:
        raise NoGrader(done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {names[line.pop("file")]: line for line in lines}
