"""Warms up: a tiny package answers all questions of a grading, so that nothing is slow for the first real one.

The fork server does it once, and each idle child again: the kernel then copies the pages that it will write to.
"""

import os
import shutil
from pathlib import Path

import torch

from grader.author_instance.answers import Answers
from grader.grading import author_messages as messages
from grader.harness.wire.values import Encoder, pack
from grader.protocol.reports import Status

_FILES = {
    "exercise.toml": """
format = 1
id = "5c0e1c5e-5b0a-4c35-9a4b-0f5a1c1b7d10"
version = 1
title = "Warm-up"
teaches = ["backward"]
[[entries]]
name = "f"
signature = "f(x: Tensor) -> Tensor"
""",
    "messages.toml": """
[doubled]
sentence = "This is twice the gradient."
hint = "Twice?"
""",
    "checks.py": '''
from grader.authoring import check

@check(points=1)
def agrees(trial):
    """It agrees."""
    trial.agrees()
''',
    "reference.py": """
import torch
from grader.authoring import Case, NearMiss, generator, normal

def cases(seed):
    rng = generator(seed)
    return [Case(name=f"{n} numbers", entry="f", args=(normal(rng, n),), public=n == 2) for n in (2, 3, 4)]

def truth(case):
    x = case.args[0].clone().requires_grad_()
    (x.sin() * x).sum().backward()
    return x.grad

def witness(case):
    x = case.args[0]
    return x.sin() + x * x.cos()

def near_misses(case):
    return [NearMiss(diagnosis="doubled", value=2 * truth(case))]

def counterexamples():
    return [Case(name="a number", entry="f", args=(torch.ones(1, dtype=torch.float64),))]
""",
}


def warm_up() -> None:
    """Have the package judge three wrong answers. Raises RuntimeError if any of it fails."""
    folder = Path(os.environ["HOME"]) / f"warm-up-{os.getpid()}"
    try:
        folder.mkdir()
        for name, text in _FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
        _ask(Answers(folder, slug="warm/up", digest="0" * 64, source="def f(x):\n    return 2 * x\n"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ask(answers: Answers) -> None:
    head, parts = messages.split(answers.to(messages.join({"call": "cases", "seed": 1, "variant": 0})))
    _, cases = messages.read_checks_and_cases(head, parts)
    seen = [_observed(torch.ones_like(case.args[0])) for case in cases]
    places = [["cases", i, i, None] for i in range(len(cases))]
    answers.to(messages.join({"call": "failing", "answers": places}, seen))
    head, _ = messages.split(answers.to(messages.join({"call": "judge", "answers": places})))
    answers.to(messages.join({"call": "ladders", "checks": ["agrees"]}))
    place = ["tiny", 0, 0, None]
    answers.to(messages.join({"call": "counterexample", "check": "agrees", "answers": [place]}))
    if "error" in head or head["findings"][0]["status"] != Status.FAILED:
        raise RuntimeError(f"the warm-up failed: {head}")


def _observed(value: torch.Tensor) -> bytes:
    """Return the message of an observation, as a learner's child writes it."""
    encoder = Encoder()
    document = {"value": encoder.encode(value), "error": None, "graph": None, "seconds": 0.1, "modified": []}
    return pack(document, encoder.tensors)
