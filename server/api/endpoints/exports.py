"""Grade files for spreadsheets and other systems."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router

from server.api import selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import SLUG
from server.api.models import TokenScope
from server.api.schemas import LARGEST_ID
from server.gradebook.exports import XLSX, Format, export

router = Router(tags=["Exports"])


CONTENT = {
    "text/csv": {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
    "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
}


@router.get(
    "/exports/{system}",
    response={200: None},
    auth=BearerToken(TokenScope.GRADES_READ, right="grades.export"),
    operation_id="export_grades",
    openapi_extra={"responses": {200: {"content": CONTENT}}},
)
def export_grades(
    request: Any,
    system: Format,
    course: Annotated[str, Query(..., max_length=50, pattern=SLUG)],
    section: Annotated[int | None, Query(None, ge=1, le=LARGEST_ID, description="Only the students of a section.")],
) -> HttpResponse:
    """The grades of a course: a table (`csv`, `xlsx`), CSV for Canvas and Moodle, a zip of files for Gradescope."""
    where = selectors.get_course(request.auth, course, pointer="/query/course")
    people = selectors.people(request.auth, where)
    if section is not None:
        people = people.in_section(selectors.get_section(request.auth, where, section, pointer="/query/section"))
    file = export(people, system)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.media_type, headers=headers)
