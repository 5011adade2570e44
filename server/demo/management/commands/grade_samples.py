"""`manage.py grade_samples`: test that all parts work together."""

import logging
import time
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError

from server.demo.samples import finished, submit_samples
from server.gradebook.models import Assignment
from server.submissions.models import State, Submission


class Command(BaseCommand):
    """Hands in the author's solution of each exercise and waits for the reports of the running graders."""

    help = "Grade the solution of each exercise through the running system; exit 1 unless all get full marks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the exercises and the time limit."""
        parser.add_argument("slugs", nargs="+", metavar="SLUG")
        parser.add_argument("--timeout", type=float, default=180.0, help="seconds to wait for all of them")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print one line per report as soon as it arrives."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        try:
            waiting = submit_samples(options["slugs"])
        except Assignment.DoesNotExist:
            raise CommandError("One of these exercises is not in the demo course; run `manage.py demo`.") from None
        full = self._follow(waiting, deadline=time.monotonic() + options["timeout"])
        if waiting:
            raise CommandError(f"No report came for {', '.join(one.exercise for one in waiting)}. Is a grader running?")
        if not full:
            raise CommandError("Not every sample got full marks.")

    def _follow(self, waiting: list[Submission], *, deadline: float) -> bool:
        full = True
        while waiting and time.monotonic() < deadline:
            for submission in finished(waiting):
                self.stdout.write(_summary(submission))
                full = full and submission.fraction >= 1
            self.stdout.flush()
            time.sleep(0.1)
        return full


def _summary(submission: Submission) -> str:
    if submission.state != State.GRADED:
        return f"{submission.exercise}: {submission.state}"
    report = submission.report or {}
    marks = f"{submission.given:g}/{submission.max:g}"
    return f"{submission.exercise}: {marks} in {report['seconds']:.2f} s ({report['sandbox']}, {report['runtime']})"
