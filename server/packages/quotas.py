"""What a course can store, and what its authors can run. The sentences say what to do when a limit is reached."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.packages.errors import QuotaReached
from server.packages.models import CoursePackage, DraftFile, PackageRun, PackageVerification, Version

MIB = 1024 * 1024
MINUTE = timedelta(minutes=1)


def check_packages(course: Course, *, more: int = 1) -> None:
    """Raise QuotaReached if a course cannot have so many more packages."""
    most = settings.PACKAGES_PER_COURSE
    if CoursePackage.objects.filter(course=course).count() + more > most:
        raise QuotaReached(
            f"A course has at most {most} packages. Delete one that no assignment uses, or ask an administrator for "
            "a higher limit."
        )


def check_bytes(course: Course, *, more: int) -> None:
    """Raise QuotaReached if a course cannot store so many more bytes."""
    most = settings.PACKAGE_MB_PER_COURSE
    if used_bytes(course) + more > most * MIB:
        raise QuotaReached(
            f"The packages of a course have {most} MiB together, and this would be more. Make data files smaller, "
            "delete a package that no assignment uses, or ask an administrator for a higher limit."
        )


def used_bytes(course: Course) -> int:
    """Return how many bytes the packages of a course store: files that are edited, and versions once each."""
    drafts = DraftFile.objects.filter(package__course=course).aggregate(total=Sum("size"))["total"] or 0
    own = Version.objects.filter(pk__in=Version.objects.filter(histories__package__course=course).values("pk"))
    return drafts + (own.aggregate(total=Sum("size"))["total"] or 0)


def check_runs(person: User) -> None:
    """Raise QuotaReached if a person used all runs of this minute."""
    most = settings.PACKAGE_RUNS_PER_MINUTE
    recent = PackageRun.objects.filter(by=person, started_at__gt=timezone.now() - MINUTE)
    if recent.count() >= most:
        raise QuotaReached(f"You started {most} runs within a minute. Please wait a moment.")


def check_verifications(course: Course) -> None:
    """Raise QuotaReached if too many verifications of a course wait already."""
    most = settings.VERIFICATIONS_AT_ONCE
    waiting = PackageVerification.objects.filter(package_version__package__course=course, finished_at=None)
    if waiting.count() >= most:
        raise QuotaReached(f"{most} verifications of this course are not finished yet. Please wait for one of them.")
