"""Write the locks: every package of every part, pinned and hashed.

    web.in  grader.in  sandbox.in  dev.in    what is needed, and why
    node.in  docs.in                         the same, for machines without Node and for the site of the guides
    *.txt                                    every package, with version and hashes
    torch-cpu.txt                            a wheel for each Python, locked by hand
    torch-cuda.txt                           the default index's torch with its CUDA packages

All parts are resolved together first, so that they fit into one environment. The locks are for all Pythons of
`deploy.dev.environment.PYTHONS`, and a package that only some of these need has a marker. Locked versions stay if they
still fit; `UPGRADE=1 make lock` takes the newest. uv reads only metadata, so nothing large is downloaded.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.dev.base import REQUIREMENTS, VENV, main, run, say
from deploy.dev.environment import PYTHONS

PARTS = ("web", "grader", "sandbox", "dev")
# Installed apart from `.venv`, or only if they are needed.
APART = ("node", "docs")
TORCH = "torch==2.13.0"
TEMPORARY = ("    #   -c /", "    # via -r /")


def lock() -> None:
    """Resolve all parts together and write each part's lock."""
    with TemporaryDirectory() as folder:
        everything, torch = Path(folder) / "all.txt", Path(folder) / "torch.in"
        if not os.environ.get("UPGRADE"):
            everything.write_text(locked_pins())
        uv(everything, sources=[f"{part}.in" for part in PARTS])
        torch.write_text(TORCH)
        for part in (*PARTS, *APART):
            uv(REQUIREMENTS / f"{part}.txt", "--generate-hashes", "-c", everything, sources=[f"{part}.in"])
        uv(REQUIREMENTS / "torch-cuda.txt", "--generate-hashes", "-c", everything, sources=[torch])
    for path in REQUIREMENTS.glob("*.txt"):
        without_temporary_files(path)
    say("locks written to deploy/requirements")


def locked_pins() -> str:
    """The pins in the current locks; uv keeps each one if it can."""
    texts = [(REQUIREMENTS / f"{part}.txt").read_text() for part in PARTS if (REQUIREMENTS / f"{part}.txt").exists()]
    return "".join(f"{line.split()[0]}\n" for text in texts for line in text.splitlines() if "==" in line)


def uv(output: Path, *options: str | Path, sources: Sequence[str | Path]) -> None:
    """Resolve these sources for the oldest Python and all later ones into one file."""
    command: list[str | Path] = [VENV / "bin" / "uv", "pip", "compile", "-q", "--no-header", "--universal"]
    run([*command, "--python-version", PYTHONS[0], *options, "-o", output, *sources], cwd=REQUIREMENTS)


def without_temporary_files(path: Path) -> None:
    """Drop the comments that name this run's temporary files."""
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(TEMPORARY)))


if __name__ == "__main__":
    main(lock)
