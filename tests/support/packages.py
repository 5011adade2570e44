"""Packages of courses for tests, published without a worker: the verification is recorded as a worker would."""

import uuid

from grader.protocol.verifications import Verified
from server.gradebook.models import Assignment
from server.gradebook.services import set_exercise
from server.packages.models import PackageKind, PackageVerification, VersionSource
from server.packages.services import create_package, make_version, publish
from server.packages.verifying import record_verification, verify
from tests.support.people import MANIFEST

SLUG = "gradients/square"
OWN_ID = "7b1c7a52-6a5d-4e0b-9c51-7d5f2a9f1c01"


def package_files(*, title="Our own square", statement="Write our `square(x)`.", runtime="cpu", more=""):
    """The files of a small exercise. `more` goes to the top of its manifest."""
    manifest = MANIFEST.format(title=title, runtime=runtime).replace("\n[[entries]]", f"{more}\n\n[[entries]]", 1)
    manifest = manifest.replace(OWN_ID, str(uuid.uuid5(uuid.NAMESPACE_URL, title)))
    return {
        "exercise.toml": manifest.encode(),
        "statement.md": statement.encode(),
        "starter.py": b"def square(x):\n    return None\n",
        "solution.py": b"SECRET_SOLUTION = 1\n\n\ndef square(x):\n    return x * x\n",
        "reference.py": b"SECRET_REFERENCE = 1\n",
        "checks.py": b"SECRET_CHECKS = 1\n",
        "mistakes/forgot.py": b"SECRET_MISTAKE = 1\n",
    }


def make_package(course, slug=SLUG, *, by, kind=PackageKind.EXERCISE, files=None):
    """A package with one version, which is not verified."""
    package = create_package(course, kind, slug, by=by, files=package_files() if files is None else files)
    make_version(package, by=by, source=VersionSource.PAGE)
    return package


def pass_verification(package_version, *, by, **found):
    """Verify a version, with the answer of a worker that found no problem, or what is given."""
    made = verify(package_version, by=by)
    if made.is_waiting:
        answer = Verified(**found).to_dict()
        assert record_verification(verification=str(made.pk), token=made.token, verified=answer)
    return PackageVerification.objects.get(pk=made.pk)


def publish_files(package, files, *, by, **found):
    """Make a version of these files, let it pass, and publish it."""
    made = make_version(package, by=by, source=VersionSource.PAGE, files=files)
    pass_verification(made, by=by, **found)
    return publish(made, by=by)


def make_published(course, slug=SLUG, *, by, files=None, kind=PackageKind.EXERCISE, **found):
    """A package with a published version."""
    package = make_package(course, slug, by=by, kind=kind, files=files)
    newest = package.versions.first()
    pass_verification(newest, by=by, **found)
    publish(newest, by=by)
    package.refresh_from_db()
    return package


def assign(package, course=None, **fields):
    """An assignment of a published package."""
    course = course or package.course
    fields = {"slug": package.slug, "exercise": package.slug} | fields
    return set_exercise(Assignment(course=course, **fields), package=package)
