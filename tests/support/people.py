"""Builders of rows. They fill in the fields that a test does not care about."""

from itertools import product
from string import ascii_lowercase

from django.utils import timezone

from grader.protocol.reports import Finding, Outcome, Report, Status
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.submissions import services
from server.submissions.models import Kind, Submission

# aaaa, aaab, ...: equal lengths, so that they sort in the order of creation, and no digits, so that no name contains
# a number that a test looks for.
_names = map("".join, product(ascii_lowercase, repeat=4))

MANIFEST = """
format = 1
id = "7b1c7a52-6a5d-4e0b-9c51-7d5f2a9f1c01"
version = 1
title = "{title}"
teaches = ["backward"]
runtime = "{runtime}"

[[entries]]
name = "square"
signature = "square(x: Tensor) -> Tensor"
"""


def write_exercise(folder, slug, *, title="The square", runtime="cpu", statement="Write `square(x)`: $x^2$."):
    package = folder / slug.replace("-", "_")
    package.mkdir(parents=True, exist_ok=True)
    (package / "exercise.toml").write_text(MANIFEST.format(title=title, runtime=runtime))
    (package / "statement.md").write_text(statement)
    (package / "starter.py").write_text("def square(x):\n    return None\n")
    (package / "solution.py").write_text("def square(x):\n    return x * x\n")
    return package


def make_course(**fields):
    name = next(_names)
    return Course.objects.create(**{"slug": f"course-{name}", "title": f"Course {name}"} | fields)


def make_user(**fields):
    return User.objects.create_user(**{"username": f"user-{next(_names)}", "password": "secret"} | fields)


def make_member(course, role, **fields):
    user = make_user(**fields)
    Enrollment.objects.create(course=course, user=user, role=role)
    return user


def make_student(course, **fields):
    return make_member(course, Role.STUDENT, **fields)


def make_assignment(course=None, **fields):
    fields = {"slug": "gradients/square", "exercise": "gradients/square"} | fields
    return Assignment.objects.create(course=course or make_course(), **fields)


def make_submission(learner=None, assignment=None, **fields):
    """Hand something in, then set the fields that the test is about."""
    assignment = assignment or make_assignment()
    kind = fields.pop("kind", Kind.SUBMIT)
    submission = services.submit(
        learner=learner or make_student(assignment.course),
        assignment=assignment,
        source=fields.pop("source", "def square(x):\n    return x * x\n"),
        kind=kind,
    )
    Submission.objects.filter(pk=submission.pk).update(**fields)
    submission.refresh_from_db()
    return submission


def make_report(given=10.0, most=10.0, *, slug="gradients/square", outcome=Outcome.GRADED, **fields):
    """A report with one check, as it comes from a grader."""
    finding = Finding(
        **{
            "check": "agrees",
            "title": "Agrees with autograd",
            "status": Status.PASSED if given == most else Status.FAILED,
            "points": given,
            "max_points": most,
        }
        | fields
    )
    return Report(slug=slug, digest="", outcome=outcome, findings=[finding], seconds=0.1, sandbox="fake").to_dict()


def record(submission, report=None, *, token=None):
    """Record a report as the queue does."""
    return services.record(
        submission=str(submission.pk), token=token or submission.token, report=report or make_report()
    )


def graded(learner, assignment, given, *, submitted_at=None, most=10.0):
    """Hand in and record a report at once."""
    submission = make_submission(learner, assignment, submitted_at=submitted_at or timezone.now())
    record(submission, make_report(given, most, slug=submission.exercise))
    submission.refresh_from_db()
    return submission
