"""The command line: grade files, verify packages, begin a new one.

    python -m grader grade SLUG FILE [--runtime cpu|gpu] [--sandbox docker|bubblewrap] [--seed N] [--json] [--line]
    python -m grader grade SLUG FILE --sandbox none [--pdb]   without walls, for developers; --pdb opens a debugger
    python -m grader grade-many SLUG DIR [--runtime ...] [--sandbox ...] [--seed N] [--json] [--full] [--line]
    python -m grader verify [SLUG ...] [--runtime cpu|gpu] [--sandbox docker|bubblewrap] [--jobs N] [--json]
    python -m grader keep SLUG [--runtime cpu|gpu] [--sandbox docker|bubblewrap]   writes mistakes.toml
    python -m grader new SLUG
    python -m grader probe [--runtime cpu|gpu] [--sandbox docker|bubblewrap]

Exit status: 0 if there is a report (verify: if every package is good), 1 if verify found a problem or the user left the
debugger, 2 if an argument is wrong or a slug is unknown, 3 if the grader failed.
"""

import argparse
import json
import logging
import os
import secrets
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from grader.errors import GraderError, PackageError, UnknownExercise
from grader.grading.fault_line import find_line
from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package
from grader.packages.scaffold import scaffold
from grader.protocol.jobs import Job
from grader.protocol.reports import CounterexampleEvidence, Report, Status
from grader.sandboxes.base import Sandbox
from grader.sandboxes.select import open_sandbox
from grader.sandboxes.unconfined import DebuggerQuit, UnconfinedSandbox
from grader.telemetry import logs
from grader.verification.keep import keep
from grader.verification.runner import verify_all

ENGINES = ("docker", "bubblewrap")
UNCONFINED = "none"
WARNING = """\
WARNING: --sandbox none runs this code without any walls: it can read, change and delete everything that you can, and it
has no time limit. Use it only for code that you have read.
"""
MARKS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.SKIPPED: "·"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    try:
        return int(options.command(options))
    except (UnknownExercise, _BadArgument) as error:
        print(error, file=sys.stderr)
        return 2
    except DebuggerQuit as error:
        print(f"Stopped: {error}.", file=sys.stderr)
        return 1
    except GraderError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 3


class _BadArgument(Exception):
    """An argument is wrong, or names something that does not exist."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Grade submissions and verify exercises.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("grade", help="grade one file and print its report")
    one.add_argument("slug")
    one.add_argument("file", type=Path)
    one.add_argument("--pdb", action="store_true", help="with --sandbox none: debug the submission")
    one.set_defaults(command=_grade)
    many = commands.add_parser("grade-many", help="grade every *.py of a folder, in one warm sandbox")
    many.add_argument("slug")
    many.add_argument("folder", type=Path, metavar="DIR")
    many.add_argument("--full", action="store_true", help="with --json: the whole report, as the queue carries it")
    many.set_defaults(command=_grade_many)
    for command in (one, many):
        command.add_argument("--seed", type=_seed, help="decides the secret cases (default: random)")
        command.add_argument("--line", action="store_true", help="also find the line to look at, if one is to blame")
    check = commands.add_parser("verify", help="check that packages are correct")
    check.add_argument("slugs", nargs="*", metavar="SLUG", help="default: all")
    check.add_argument("--jobs", type=int, default=2, help="packages verified at a time (default 2)")
    check.set_defaults(command=_verify)
    keeping = commands.add_parser("keep", help="write what each wrong answer gets into mistakes.toml")
    keeping.add_argument("slug")
    keeping.set_defaults(command=_keep)
    for command in (one, many, check, keeping):
        command.add_argument("--runtime", choices=("cpu", "gpu"), default="cpu")
        engines = ENGINES + ((UNCONFINED,) if command is one else ())
        command.add_argument("--sandbox", choices=engines, help="default: the first one that works here")
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
    new = commands.add_parser("new", help="scaffold a package that already passes verify")
    new.add_argument("slug")
    new.set_defaults(command=_new)
    probe = commands.add_parser("probe", help="start a sandbox, print its kind, stop it")
    probe.add_argument("--runtime", choices=("cpu", "gpu"), default=os.environ.get("CHAINRULE_RUNTIME", "cpu"))
    probe.add_argument("--sandbox", choices=ENGINES, default=os.environ.get("CHAINRULE_SANDBOX"))
    probe.set_defaults(command=_probe)
    return parser


def _probe(options: argparse.Namespace) -> int:
    sandbox = open_sandbox(runtime=options.runtime, engine=options.sandbox)
    try:
        sandbox.warm_up()
    finally:
        sandbox.close()
    print(sandbox.name)
    return 0


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**63:
        raise argparse.ArgumentTypeError("a seed is a whole number from 0 to 2**63 - 1")
    return seed


def _grade(options: argparse.Namespace) -> int:
    find_package(options.slug)
    source = _read(options.file)
    sandbox = _sandbox(options)
    try:
        job = _job(options, source)
        report = grade(job, sandbox=sandbox, explain=not options.pdb)
        line = find_line(job, report, sandbox=sandbox) if options.line and not options.pdb else None
    finally:
        sandbox.close()
    print(json.dumps(report.to_public() | _found(line)) if options.json else _report_text(report, line))
    return 0


def _found(line: int | None) -> dict[str, int]:
    return {} if line is None else {"line": line}


def _sandbox(options: argparse.Namespace) -> Sandbox:
    if options.pdb and options.sandbox != UNCONFINED:
        raise _BadArgument("--pdb works only without walls: add --sandbox none, for code that you have read.")
    if options.sandbox != UNCONFINED:
        return open_sandbox(runtime=options.runtime, engine=options.sandbox)
    print(WARNING, file=sys.stderr, flush=True)
    return UnconfinedSandbox(debug=options.pdb)


def _grade_many(options: argparse.Namespace) -> int:
    find_package(options.slug)
    if not options.folder.is_dir():
        raise _BadArgument(f"{options.folder} is not a folder.")
    sandbox = open_sandbox(runtime=options.runtime, engine=options.sandbox)
    try:
        for file in sorted(options.folder.glob("*.py")):
            job = _job(options, _read(file))
            report = grade(job, sandbox=sandbox)
            line = find_line(job, report, sandbox=sandbox) if options.line else None
            document = report.to_dict() if options.full else report.to_public()
            text = json.dumps(document | _found(line) | {"file": file.name})
            print(text if options.json else f"{file.name}\n{_report_text(report, line)}", flush=True)
    finally:
        sandbox.close()
    return 0


def _job(options: argparse.Namespace, source: str) -> Job:
    seed = secrets.randbits(63) if options.seed is None else options.seed
    return Job(
        submission="command-line",
        token="command-line",
        exercise=options.slug,
        digest="",
        source=source,
        seed=seed,
        runtime=options.runtime,
    )


def _read(file: Path) -> str:
    """Return a file's text; bytes that are not UTF-8 are kept, and the grader's report says so."""
    try:
        return file.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        raise _BadArgument(f"{file}: {error.strerror}.") from None


def _verify(options: argparse.Namespace) -> int:
    verifications = verify_all(options.slugs, engine=options.sandbox, runtime=options.runtime, jobs=options.jobs)
    found = []
    for verification in verifications:
        found.append(verification)
        if not options.json:
            mark = "✓" if verification.passed else "✗"
            print(f"{mark} {verification.slug}  ({verification.runs} runs, {verification.seconds:.1f} s)", flush=True)
            _print_lines(f"    {problem}" for problem in verification.problems)
    if options.json:
        print(json.dumps([verification.to_dict() for verification in found]))
    return 0 if all(verification.passed for verification in found) else 1


def _keep(options: argparse.Namespace) -> int:
    find_package(options.slug)
    sandbox = open_sandbox(runtime=options.runtime, engine=options.sandbox)
    try:
        results = keep(options.slug, sandbox=sandbox)
    finally:
        sandbox.close()
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
        return 0
    for result in results:
        failed = ", ".join(f"{check} ({message})" for check, message in result.findings.items()) or "no check"
        print(f"{result.name}: {result.score:g} points, fails {failed}")
    print(f"mistakes.toml says so. Is each line the one to look at? Then `python -m grader verify {options.slug}`.")
    return 0


def _new(options: argparse.Namespace) -> int:
    try:
        folder = scaffold(options.slug)
    except PackageError as error:
        raise _BadArgument(str(error)) from None
    print(f"Made {folder}. Next: edit it, then `python -m grader verify {options.slug}`.")
    return 0


def _report_text(report: Report, line: int | None = None) -> str:
    lines = [
        f"{report.slug}: {report.points:g} of {report.max_points:g} points ({report.outcome}, {report.seconds:.3f} s)"
    ]
    if line is not None:
        lines.append(f"  Look at line {line}.")
    for finding in report.findings:
        lines.append(f"  {MARKS[finding.status]} {finding.title}  {finding.points:g}/{finding.max_points:g}")
        lines += [f"      {text}" for text in (finding.message_text, *finding.hint_texts) if text]
        lines += [f"      {line}" for line in _counterexample(finding.evidence.get("counterexample"))]
    if report.output:
        lines += ["  Your code printed:", *(f"    {line}" for line in report.output.splitlines())]
    return "\n".join(lines)


def _counterexample(example: CounterexampleEvidence | None) -> list[str]:
    if example is None:
        return []
    return [f"Try {example['call']}: yours {example['got']}, expected {example['expected']}."]


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    logs.configure(level=logging.WARNING)
    sys.exit(main())
