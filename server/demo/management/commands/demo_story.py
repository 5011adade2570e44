"""`manage.py demo_story`: a demo course that looks real."""

import logging
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError

from server.demo.course import make_demo
from server.demo.reports import NoGrader
from server.demo.story import tell
from server.submissions.models import Submission


class Command(BaseCommand):
    """Fills the demo course with three weeks of its students' work."""

    help = (
        "Fill the demo course with three weeks of work: answers, mistakes, late work, a broken check and its regrade. "
        "Every report is the grader's own, so this needs the grader, and a sandbox, on this machine; no queue."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Make the course where it is not there, and tell the story where it was not told yet."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        course = make_demo()
        if Submission.objects.filter(assignment__course=course).exclude(learner__username="student60").exists():
            self.stdout.write("Work was handed in already; nothing is added to it.")
            return
        try:
            tell(course, say=self.stdout.write)
        except NoGrader as error:
            raise CommandError(f"The grader cannot run here: {error}") from None
        self.stdout.write(f"{course.title}: three weeks have passed")
