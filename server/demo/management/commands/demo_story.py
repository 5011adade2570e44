"""`manage.py demo_story`: fill the demo course with work."""

import logging
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError

from server.demo.course import make_demo
from server.demo.reports import NoGrader
from server.demo.story import FRESH, play
from server.submissions.models import Submission


class Command(BaseCommand):
    """Fills the demo course with three weeks of its students' work."""

    help = (
        "Fill the demo course with three weeks of work: answers, mistakes, late work, a wrong check and its regrade. "
        "Every report comes from the grader, so this machine needs the grader and a sandbox, but no queue."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Create the course if it does not exist, and add the work unless it is there.

        What visitors hand in with the fresh accounts does not matter.
        """
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        course = make_demo()
        if Submission.objects.filter(assignment__course=course).exclude(learner__username__in=FRESH).exists():
            self.stdout.write("The course has submissions already; nothing was added.")
            return
        try:
            play(course, say=self.stdout.write)
        except NoGrader as error:
            raise CommandError(f"The grader cannot run here: {error}") from None
        self.stdout.write(f"{course.title}: three weeks of work added")
