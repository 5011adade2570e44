"""Grading the authors' solutions through the running system, to test that all parts work together."""

from collections.abc import Iterator

from grader.packages.catalogue import find_package
from server.accounts.models import User
from server.demo.course import SLUG, STUDENTS
from server.gradebook.models import Assignment
from server.submissions import services
from server.submissions.models import Submission


def submit_samples(slugs: list[str]) -> list[Submission]:
    """Hand in the solution of each exercise as the last demo student. Raises Assignment.DoesNotExist."""
    learner = User.objects.get(username=STUDENTS[-1])
    return [
        services.submit(
            learner=learner,
            assignment=Assignment.objects.get(course__slug=SLUG, slug=slug),
            source=find_package(slug).solution,
        )
        for slug in slugs
    ]


def finished(submissions: list[Submission]) -> Iterator[Submission]:
    """Yield the submissions that are finished, and remove them from the list."""
    for submission in list(submissions):
        submission.refresh_from_db()
        if not submission.is_open:
            submissions.remove(submission)
            yield submission
