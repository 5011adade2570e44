"""The demo course. Running this again changes nothing that exists already."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from grader.packages.catalogue import packages
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment

SLUG = "autograd-demo"
STUDENTS = tuple(f"student{number}" for number in range(1, 61))
# The order of the exercises in the course. Exercises that are not listed come last.
ORDER = (
    "tracking/leaf-tensors",
    "tracking/computational-graph",
    "tracking/stop-gradient",
    "gradients/two-variables",
    "gradients/sum-of-matrix",
    "gradients/vector-backward",
    "gradients/jacobian-products",
    "gradients/zeroing",
    "gradients/in-place",
    "gradients/higher-order",
    "derivatives/sin",
    "training/linear-regression",
    "training/gradient-accumulation",
    "nets/classifier",
    "nets/classifier-gpu",
    "optimizers/step-rules",
    "optimizers/comparison",
    "visualise/gradient-flow",
    "functions/custom-function",
    "functions/straight-through",
    "functions/hessian-vector",
    "functions/through-the-optimizer",
    "engine/scalar-engine",
)
A_WEEK = timedelta(weeks=1)


@transaction.atomic
def make_demo() -> Course:
    """Create the demo course with its assignments and accounts, and return it. Existing rows are not changed."""
    course, _ = Course.objects.get_or_create(slug=SLUG, defaults={"title": "Automatic differentiation with PyTorch"})
    _assignments(course)
    for name in STUDENTS:
        _enroll(course, _account(name), Role.STUDENT)
    _enroll(course, _account("ta"), Role.TA)
    _enroll(course, _account("instructor"), Role.INSTRUCTOR)
    _account("admin", is_staff=True, is_superuser=True)
    return course


def _assignments(course: Course) -> None:
    slugs = sorted((package.slug for package in packages()), key=lambda slug: (_position(slug), slug))
    units = list(dict.fromkeys(slug.partition("/")[0] for slug in slugs))
    now = timezone.now().replace(hour=22, minute=0, second=0, microsecond=0)
    for slug in slugs:
        due_at = now + A_WEEK * (1 + units.index(slug.partition("/")[0]))
        terms = {"exercise": slug, "position": _position(slug), "due_at": due_at, "late_percent_per_day": 10}
        Assignment.objects.get_or_create(course=course, slug=slug, defaults=terms)


def _position(slug: str) -> int:
    return ORDER.index(slug) if slug in ORDER else len(ORDER)


def _account(name: str, **flags: bool) -> User:
    user, created = User.objects.get_or_create(
        username=name,
        defaults={"email": f"{name}@example.org", "external_id": name, "is_demo": True} | flags,
    )
    if created:
        user.password = make_password(name)
        user.save(update_fields=["password"])
    return user


def _enroll(course: Course, user: User, role: Role) -> None:
    Enrollment.objects.get_or_create(course=course, user=user, defaults={"role": role})
