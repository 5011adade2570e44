"""Reads sources, with what became of their packages."""

import base64
import hashlib

from django.db.models import Prefetch, QuerySet

from server.courses.models import Course
from server.packages.models import PackageVerification
from server.sources.models import GitSource, SourcePackage


def sources_of(course: Course) -> QuerySet[GitSource]:
    """Return a course's sources with their packages, the versions and their verifications, newest first."""
    latest = PackageVerification.objects.order_by("-started_at", "-id")
    packages = (
        SourcePackage.objects.select_related("package_version", "package")
        .prefetch_related(Prefetch("package_version__verifications", latest))
        .order_by("path")
    )
    return course.git_sources.prefetch_related(Prefetch("packages", packages))


def fingerprint(host_key: str) -> str:
    """Return the SHA-256 fingerprint of an ssh server's key, as ssh shows it; "" for none."""
    if not host_key:
        return ""
    digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
