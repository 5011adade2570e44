"""What merging two accounts does, and who can do it. Nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Field, Model

from server.accounts.models import User
from server.comments.models import Comment
from server.courses.models import Course, Enrollment, FormerEnrollment, Role
from server.gradebook.merging import conflicts
from server.gradebook.models import Grade
from server.lti.models import Identity
from server.merging.relations import RIGHTS
from server.submissions.models import Submission

ASK = "Ask an administrator to merge them."


@dataclass(frozen=True, kw_only=True, slots=True)
class MergePlan:
    """What becomes of `gone` and `kept`. With a `refusal`, nothing can be done."""

    gone: User
    kept: User
    courses: list[Course]
    submissions: int
    grades: int
    identities: int
    ends_sign_in: bool
    refusal: str = ""

    @property
    def fingerprint(self) -> str:
        """A text that changes if the plan changes, so that a confirmation belongs to one plan."""
        courses = ",".join(str(course.pk) for course in self.courses)
        counts = f"{self.submissions} {self.grades} {self.identities} {self.ends_sign_in}"
        return f"{self.gone.pk} {self.kept.pk} {courses} {counts}"


def plan(gone: User, kept: User, *, course: Course, by: User) -> MergePlan:
    """Return what merging an account into another does if `by` asks for it in a course."""
    theirs = Submission.objects.filter(learner=gone)
    present = Course.objects.filter(enrollments__user=gone) | Course.objects.filter(former_enrollments__user=gone)
    return MergePlan(
        gone=gone,
        kept=kept,
        courses=list(present.distinct()),
        submissions=theirs.count(),
        grades=Grade.objects.filter(learner=gone).count(),
        identities=Identity.objects.filter(user=gone).count(),
        ends_sign_in=gone.has_usable_password(),
        refusal=_refusal(gone, kept, course=course, by=by),
    )


def _refusal(gone: User, kept: User, *, course: Course, by: User) -> str:
    if gone == kept:
        return "This is one account."
    if gone.merged_into_id or kept.merged_into_id:
        return "One of the accounts was merged already."
    if gone.is_staff or gone.is_superuser:
        return f"{gone.username} is the account of an administrator. Keep that account instead."
    if gone == by:
        return "This is your own account. Keep it instead."
    if clash := conflicts(gone, kept):
        titles = ", ".join(assignment.slug for assignment in clash)
        return (
            f"Both accounts have points that were set by hand, and different ones, in {titles}. Undo one of each first."
        )
    return "" if by.is_superuser else _not_by_an_instructor(gone, kept, course)


def _not_by_an_instructor(gone: User, kept: User, course: Course) -> str:
    """Return why only an administrator can do it.

    Afterwards everybody who could sign in to one of the accounts gets all of both. So an instructor, who can make
    accounts in the course, must not merge one of these with an account that reaches further than the course, nor with
    one that its owner has made their own with a password.
    """
    for user in (gone, kept):
        if not _is_only_in(user, course):
            return f"{user.display_name} is in another course, too, or has rights beyond being a student here. {ASK}"
    if gone.has_usable_password():
        return f"{gone.username} has a password. Keep that account, and merge the other one into it."
    if kept.has_usable_password() and is_used(gone):
        return f"Somebody has signed in to each of the accounts, and {kept.username} has a password. {ASK}"
    return ""


def is_used(user: User) -> bool:
    """Whether somebody can have signed in to an account."""
    return user.has_usable_password() or user.last_login is not None or user.lti_identities.exists()


def _is_only_in(user: User, course: Course) -> bool:
    """Whether an account is a student of this course, now or formerly, and nothing else anywhere."""
    here = [
        row
        for model in (Enrollment, FormerEnrollment)
        for row in model._default_manager.filter(user=user).values_list("course", "role")
    ]
    if user.is_staff or user.is_superuser or {*here} != {(course.pk, Role.STUDENT.value)}:
        return False
    return not _wrote_about_others(user) and not any(
        model._default_manager.filter(**{field.name: user}).exists()
        for name, model, field in relations()
        if name in RIGHTS
    )


def _wrote_about_others(user: User) -> bool:
    """Whether an account commented as a teacher. Students comment on their own submissions only."""
    return Comment.objects.filter(author=user).exclude(submission__learner=user).exists()


def relations() -> Iterator[tuple[str, type[Model], Field]]:
    """Yield each relation of a table to accounts: its name as `relations` has it, the model and the field."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.is_relation and field.related_model is User:
                yield f"{model._meta.label}.{field.name}", model, field
