"""Packages of a course: its own exercises and lessons, as ZIP archives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Query, Router

from grader.packages.archives import MAX_ARCHIVE
from server.api import packages, selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import IfMatch, Key, Part, Slug, SlugPage
from server.api.idempotency import once
from server.api.models import TokenScope
from server.api.presentation import ROOT, show_package, show_publication, show_verification
from server.api.problems import Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import PackageOut, PackageVerificationOut, Page, PublicationOut
from server.packages.errors import PackageRefused
from server.packages.models import CoursePackage, PackageVersion
from server.packages.selectors import packages_of
from server.packages.services import delete_package
from server.packages.services import publish as publish_version
from server.packages.verifying import verify as verify_version

router = Router(tags=["Packages"])
READER = BearerToken(TokenScope.PACKAGES_WRITE)
WRITER = BearerToken(TokenScope.PACKAGES_WRITE)
SENDER = BearerToken(TokenScope.PACKAGES_WRITE, media_type="application/zip", max_bytes=MAX_ARCHIVE)
ZIP = {"application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}}}
Commit = Annotated[
    str, Query("", max_length=64, pattern=r"^[0-9a-f]*$", description="The commit that the files come from.")
]
Number = Annotated[int | None, Query(None, ge=1, le=2**31 - 1, description="A version; without it the newest one.")]
ADDRESS = "/courses/{course}/packages/{unit}/{name}"


@router.get("/courses/{course}/packages", response=Page[PackageOut], auth=READER, operation_id="list_packages")
def list_packages(request: Any, course: Slug, page: Query[SlugPage]) -> HttpResponse:
    """The packages of a course, each with its newest version, in the order of their slugs."""
    rows = packages_of(selectors.get_course(request.auth, course))
    rows = rows.filter(slug__gt=page.cursor) if page.cursor else rows
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.slug, show=lambda rows: list(map(show_package, rows))
    )


@router.get(
    ADDRESS,
    response={200: None},
    auth=READER,
    operation_id="get_package",
    openapi_extra={"responses": {200: {"content": ZIP}}},
)
def get_package(request: Any, course: Slug, unit: Part, name: Part, number: Number) -> HttpResponse:
    """The files of a version as a ZIP. The ETag is its digest; sent again, the same files are the same version."""
    package = _package(request, course, unit, name)
    version = package.versions.filter(number=number).first() if number else packages.newest(package)
    if version is None:
        raise Problem(Code.NOT_FOUND, "The package has no version of this number.")
    return HttpResponse(
        bytes(version.version.archive),
        content_type="application/zip",
        headers={
            "ETag": packages.etag_of(version),
            "Content-Disposition": f'attachment; filename="{package.slug.replace("/", "-")}.zip"',
        },
    )


@router.put(
    ADDRESS,
    response={200: PackageOut, 201: PackageOut},
    auth=SENDER,
    operation_id="put_package",
    openapi_extra={"requestBody": {"required": True, "content": ZIP}},
)
def put_package(
    request: Any, course: Slug, unit: Part, name: Part, commit: Commit, if_match: IfMatch = None
) -> HttpResponse:
    """Make a version of the files in a ZIP. Without a package of this name, one is made (201).

    The same files as the newest version make no other. Nothing is published. Each refused file is in `errors`.
    """
    where = selectors.get_course(request.auth, course)
    files = packages.files_in(request.zip_body)
    with _refusals():
        version, is_new = packages.put(request.auth, where, f"{unit}/{name}", files, if_match=if_match, commit=commit)
    return respond(
        show_package(version.package), status=201 if is_new else 200, headers={"ETag": packages.etag_of(version)}
    )


@router.delete(ADDRESS, response={204: None}, auth=WRITER, operation_id="delete_package")
def delete(request: Any, course: Slug, unit: Part, name: Part, if_match: IfMatch = None) -> HttpResponse:
    """Delete a package with its history. One that an assignment uses is kept: 409."""
    package = _package(request, course, unit, name)
    with transaction.atomic():
        packages.check_unchanged(package, if_match)
        try:
            delete_package(package, by=request.auth.person)
        except PackageRefused as error:
            raise Problem(Code.CONFLICT, str(error)) from None
    return HttpResponse(status=204)


@router.post(
    f"{ADDRESS}/verify",
    response={202: PackageVerificationOut},
    auth=WRITER,
    operation_id="verify_package",
)
def verify(
    request: Any, course: Slug, unit: Part, name: Part, key: Key = None, if_match: IfMatch = None
) -> HttpResponse:
    """Run the quality checks on the newest version. Poll `Location` until `state` is no longer `queued`."""

    def work() -> HttpResponse:
        version = _newest(request, course, unit, name, if_match)
        with _refusals():
            verification = verify_version(version, by=request.auth.person)
        location = request.build_absolute_uri(f"{ROOT}/courses/{course}/packages/{unit}/{name}/verification")
        headers = {"Location": location, "Retry-After": "2"}
        return respond(show_verification(verification), status=202, headers=headers)

    return once(request, key, work, check=lambda: _package(request, course, unit, name))


@router.get(
    f"{ADDRESS}/verification",
    response=PackageVerificationOut,
    auth=READER,
    operation_id="get_package_verification",
)
def get_verification(request: Any, course: Slug, unit: Part, name: Part) -> HttpResponse:
    """The latest verification of the newest version: its state, and each problem with file and line."""
    found = packages.newest(_package(request, course, unit, name)).verifications.first()
    if found is None:
        raise Problem(Code.NOT_FOUND, "The newest version was not verified yet.")
    return respond(show_verification(found))


@router.post(
    f"{ADDRESS}/publish",
    response=PublicationOut,
    auth=WRITER,
    operation_id="publish_package",
)
def publish(
    request: Any, course: Slug, unit: Part, name: Part, key: Key = None, if_match: IfMatch = None
) -> HttpResponse:
    """Let the course use the newest version, if it has passed its verification (else 409). No grade changes."""

    def work() -> HttpResponse:
        version = _newest(request, course, unit, name, if_match)
        with _refusals():
            return respond(show_publication(publish_version(version, by=request.auth.person)))

    return once(request, key, work, check=lambda: _package(request, course, unit, name))


def _package(request: Any, course: str, unit: str, name: str) -> CoursePackage:
    return packages.get_package(selectors.get_course(request.auth, course), f"{unit}/{name}")


def _newest(request: Any, course: str, unit: str, name: str, if_match: str | None) -> PackageVersion:
    package = _package(request, course, unit, name)
    with transaction.atomic():
        packages.check_unchanged(package, if_match)
    return packages.newest(package)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except PackageRefused as error:
        raise packages.problem_of(error) from None
