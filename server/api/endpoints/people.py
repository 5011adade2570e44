"""The people of a course, and its sections."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from server.api import roster, selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import IdPage, Key, Slug, Text
from server.api.idempotency import once
from server.api.models import TokenScope
from server.api.presentation import show_enrollment, show_enrollments, show_section
from server.api.responses import respond, respond_page
from server.api.schemas import EnrollmentChange, EnrollmentOut, Id, NewEnrollment, NewSection, Page, SectionOut
from server.courses.models import Role
from server.roster.selectors import found

router = Router(tags=["People"])
READERS = (TokenScope.ROSTER_WRITE, TokenScope.GRADES_READ, TokenScope.SUBMISSIONS_READ, TokenScope.SUBMISSIONS_WRITE)
WRITER = BearerToken(TokenScope.ROSTER_WRITE)


class EnrollmentFilter(IdPage):
    """The filters for enrollments."""

    role: Role | None = None
    section: Id | None = None
    external_id: Text | None = None
    search: Text | None = Field(None, description="Words, each of which is in a name, the e-mail address or the id.")
    former: bool = Field(False, description="The people whom staff removed from the course, instead of its members.")


@router.get(
    "/courses/{course}/enrollments",
    response=Page[EnrollmentOut],
    auth=BearerToken(*READERS),
    operation_id="list_enrollments",
)
def list_enrollments(request: Any, course: Slug, page: Query[EnrollmentFilter]) -> HttpResponse:
    """The people in a course."""
    rows = selectors.enrollments(request.auth, selectors.get_course(request.auth, course), removed=page.former)
    wanted = {
        "role": page.role,
        "section": page.section,
        "user__in": selectors.known_as(page.external_id),
        "pk__gt": page.cursor,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    rows = found(rows, page.search or "")
    return respond_page(request, rows, limit=page.limit, cursor=lambda row: row.pk, show=show_enrollments)


@router.post(
    "/courses/{course}/enrollments",
    response={200: EnrollmentOut, 201: EnrollmentOut},
    auth=WRITER,
    operation_id="enroll",
)
def enroll(request: Any, course: Slug, body: NewEnrollment, key: Key = None) -> HttpResponse:
    """Enroll a person by external_id. A person who is in the course already gets the role and the section (200)."""

    def work() -> HttpResponse:
        row, new = roster.enroll(request.auth, selectors.get_course(request.auth, course), body)
        return respond(show_enrollment(row), status=201 if new else 200)

    return once(request, key, work, check=lambda: selectors.get_course(request.auth, course))


@router.get(
    "/courses/{course}/enrollments/{user}",
    response=EnrollmentOut,
    auth=BearerToken(*READERS),
    operation_id="get_enrollment",
)
def get_enrollment(request: Any, course: Slug, user: Id) -> HttpResponse:
    """A person's enrollment in a course; of somebody whom staff removed, with `removed_at`."""
    where = selectors.get_course(request.auth, course)
    return respond(show_enrollment(selectors.get_enrollment(request.auth, where, user)))


@router.patch(
    "/courses/{course}/enrollments/{user}",
    response=EnrollmentOut,
    auth=WRITER,
    operation_id="change_enrollment",
)
def change_enrollment(request: Any, course: Slug, user: Id, body: EnrollmentChange) -> HttpResponse:
    """Change a person's role or section, or limit a teaching assistant to sections.

    409 if the person is not a member now, if it is the owner's own role, or if the course would have no instructor.
    """
    where = selectors.get_course(request.auth, course)
    return respond(show_enrollment(roster.change(request.auth, where, user, body)))


@router.delete(
    "/courses/{course}/enrollments/{user}", response={204: None}, auth=WRITER, operation_id="remove_enrollment"
)
def remove_enrollment(request: Any, course: Slug, user: Id) -> HttpResponse:
    """Remove a person from a course. Work and grades are kept. To do it again changes nothing."""
    roster.remove(request.auth, selectors.get_course(request.auth, course), user)
    return HttpResponse(status=204)


@router.post(
    "/courses/{course}/enrollments/{user}/restore",
    response=EnrollmentOut,
    auth=WRITER,
    operation_id="restore_enrollment",
)
def restore_enrollment(request: Any, course: Slug, user: Id, key: Key = None) -> HttpResponse:
    """Bring a removed person back, with role and section as before. To do it again changes nothing."""

    def work() -> HttpResponse:
        where = selectors.get_course(request.auth, course)
        return respond(show_enrollment(roster.restore(request.auth, where, user)))

    def check() -> None:
        selectors.get_enrollment(request.auth, selectors.get_course(request.auth, course), user)

    return once(request, key, work, check=check)


@router.get(
    "/courses/{course}/sections",
    response=Page[SectionOut],
    auth=BearerToken(*READERS, right="roster.view"),
    operation_id="list_sections",
)
def list_sections(request: Any, course: Slug, page: Query[IdPage]) -> HttpResponse:
    """The sections of a course."""
    rows = selectors.sections(request.auth, selectors.get_course(request.auth, course))
    rows = rows.filter(pk__gt=page.cursor) if page.cursor else rows
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.pk, show=lambda rows: list(map(show_section, rows))
    )


@router.post(
    "/courses/{course}/sections",
    response={200: SectionOut, 201: SectionOut},
    auth=WRITER,
    operation_id="create_section",
)
def create_section(request: Any, course: Slug, body: NewSection, key: Key = None) -> HttpResponse:
    """Add a section. If the course has one with this name, that one is the answer (200)."""

    def work() -> HttpResponse:
        row, new = roster.add_section(selectors.get_course(request.auth, course), body.name)
        return respond(show_section(row), status=201 if new else 200)

    return once(request, key, work, check=lambda: selectors.get_course(request.auth, course))


@router.patch("/courses/{course}/sections/{section}", response=SectionOut, auth=WRITER, operation_id="rename_section")
def rename_section(request: Any, course: Slug, section: Id, body: NewSection) -> HttpResponse:
    """Give a section another name."""
    row = selectors.get_section(request.auth, selectors.get_course(request.auth, course), section)
    return respond(show_section(roster.rename_section(row, body.name)))


@router.delete("/courses/{course}/sections/{section}", response={204: None}, auth=WRITER, operation_id="delete_section")
def delete_section(request: Any, course: Slug, section: Id) -> HttpResponse:
    """Delete a section. Its people stay in the course. 409 while an assistant is limited to it."""
    roster.delete_section(selectors.get_section(request.auth, selectors.get_course(request.auth, course), section))
    return HttpResponse(status=204)
