"""Parameters that several operations share."""

from typing import Annotated
from uuid import UUID

from ninja import Header
from pydantic import BaseModel, Field

from server.api.schemas import LARGEST_ID, Moment

SLUG = r"^[A-Za-z0-9_-]+$"


Slug = Annotated[str, Field(min_length=1, max_length=50, pattern=SLUG)]
Part = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9-]+$")]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Key = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Any name for this request, such as a UUID. Sent again with the same body, it gets the same answer "
        "and nothing is done twice. Kept for 24 hours.",
    ),
]
Prefer = Annotated[
    str | None,
    Header(
        None,
        alias="Prefer",
        max_length=200,
        description="`wait=N`: answer with 201 and the score if it is there within N seconds (10 at most).",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(None, alias="If-Match", max_length=200, description="The ETag of what you read. Without it: 428."),
]
IfNoneMatch = Annotated[
    str | None,
    Header(None, alias="If-None-Match", max_length=1000, description="An ETag: 304 if nothing has changed."),
]


class Limited(BaseModel):
    """How much of a list to return."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")


class IdPage(Limited):
    """A page of a list in the order of its ids."""

    cursor: int | None = Field(None, ge=0, le=LARGEST_ID, description="From `next`; do not build it yourself.")


class SlugPage(Limited):
    """A page of a list in the order of its slugs."""

    cursor: str | None = Field(None, max_length=100, pattern=r"^[A-Za-z0-9_/-]+$", description="From `next`.")


class UuidPage(Limited):
    """A page of a list in the order of creation."""

    cursor: UUID | None = Field(None, description="From `next`; do not build it yourself.")


class CourseFilter(BaseModel):
    """Filter by course."""

    course: Annotated[str, Field(max_length=50, pattern=SLUG)] | None = Field(None, description="The id of a course.")


class Since(BaseModel):
    """Filter by time."""

    updated_since: Moment | None = Field(None, description="Only what changed at this time or later.")
