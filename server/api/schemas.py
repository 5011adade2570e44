"""The data that goes in and out of the API. The published schema is generated from these.

What comes in is strict: no field that we do not know, no number written as text. What goes out may grow new fields.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
)

from grader import VERSION
from server.accounts.names import without_invisible
from server.api.problems import Code
from server.courses.models import LONGEST_SECTION, Role
from server.gradebook.totals import ItemStatus
from server.packages.models import PackageKind, VerificationState, VersionSource
from server.regrade_requests.models import RequestState
from server.submissions.models import HELD, State
from server.webhooks.models import DeliveryState, EventType

T = TypeVar("T")

LARGEST_ID = 2**63 - 1
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
# No control characters: databases and terminals have trouble with them.
LINE = r"^[^\x00-\x1f\x7f]+$"
STUDENT: JsonValue = {"id": 17, "external_id": "student1"}
SUBMISSION_ID = "019a1c6e-7f0a-7c3e-9a53-0f6d2b1f7c11"
DELIVERY_ID = "019a1c6f-1b2c-7d4e-8f90-a1b2c3d4e5f6"


def _check_moment(value: Any) -> Any:
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        raise ValueError("must be a moment as RFC 3339 writes it, such as 2026-03-01T12:00:00Z")
    return value


def _whole(value: Any) -> Any:
    # To JSON Schema, 4.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _within_reach(value: datetime) -> datetime:
    # With other time zones, dates could reach the years 0 and 10000, which databases refuse. And PostgreSQL has no time
    # zone that is 16 hours away or more.
    return value.astimezone(UTC) if 1 < value.year < 9999 else (EARLIEST if value.year == 1 else LATEST)


Moment = Annotated[AwareDatetime, BeforeValidator(_check_moment), AfterValidator(_within_reach)]
Whole = BeforeValidator(_whole)
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), Whole]


def _visible_id(value: str) -> str:
    """Return an id without blanks around it and invisible characters: with them it would be another person."""
    visible = without_invisible(value)
    if not visible:
        raise ValueError("The id has no visible character.")
    return visible


ExternalId = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE), AfterValidator(_visible_id)]


class In(BaseModel):
    """Base of the data in requests."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """Base of the data in answers."""


class Page(Out, Generic[T]):
    """A page of a list. `next` is the address of the next page, null on the last."""

    items: list[T]
    next: str | None = Field(examples=[None])


class ProblemType(Out):
    """What a type of problem means, and what to do about it."""

    code: Code
    status: int
    title: str
    advice: str


class ExerciseOut(Out):
    """An exercise. `version` changes with every change of the exercise."""

    slug: str = Field(examples=["gradients/two-variables"])
    title: str = Field(examples=["Two variables"])
    version: str
    teaches: list[str]
    after: list[str] = Field(description="Exercises to do before this one.")
    entries: list[str] = Field(description="The signatures that a submission must define.")
    runtime: str = Field(examples=["cpu"])


class ExerciseDetail(ExerciseOut):
    """An exercise with its text. `statement` is HTML that is safe to show."""

    statement: str
    starter: str


class CourseOut(Out):
    """A course. Late days are calendar days in its time zone."""

    id: str = Field(examples=["autograd-demo"])
    title: str
    term: str = Field(examples=["Spring 2027"])
    time_zone: str = Field(description="The zone of its calendar days.", examples=["Europe/Berlin"])
    slip_days: int = Field(description="How many late days without a penalty each student has in the whole course.")
    archived: bool = Field(description="Whether it can only be read.")


class UserRef(Out):
    """A person: our id, and the id in the school's systems."""

    id: int = Field(examples=[17])
    external_id: str | None = Field(examples=["student1"])


class SectionRef(Out):
    """A section of a course, such as a tutorial group."""

    id: int
    name: str = Field(examples=["Monday group"])


class SectionOut(SectionRef):
    """A section, and its course."""

    course: str = Field(examples=["autograd-demo"])


class NewSection(In):
    """The name of a section."""

    name: str = Field(min_length=1, max_length=LONGEST_SECTION, pattern=LINE, examples=["Monday group"])


class EnrollmentOut(Out):
    """A person's enrollment in a course. A person is in one section of it at most.

    `limited_to` are the sections whose people a teaching assistant sees; null means that nothing limits them. If staff
    removed the person, `removed_at` says when, and otherwise it is null.
    """

    id: int = Field(description="The id of the enrollment. Addresses take the id of the user.")
    course: str = Field(examples=["autograd-demo"])
    user: UserRef
    name: str = Field(examples=["Ada Lovelace"])
    role: Role
    section: SectionRef | None
    limited_to: list[int] | None
    removed_at: datetime | None


class NewEnrollment(In):
    """A person to enroll in a course. A person who is in it already gets the role, if one is given."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"external_id": "s123456", "name": "Ada Lovelace", "role": "student"}}
    )
    external_id: ExternalId
    name: str = Field(
        "", max_length=150, pattern=r"^[^\x00-\x1f\x7f]*$", description="For people who have no account yet."
    )
    role: Role | None = Field(
        None, strict=False, description="Without a role, members keep theirs and new members become students."
    )
    section: Id | None = Field(None, description="The id of a section. Without one, members keep theirs.")


class EnrollmentChange(In):
    """What to change of an enrollment. What is left out stays as it is."""

    role: Role | None = Field(None, strict=False, description="Null keeps the role.")
    section: Id | None = Field(None, description="The id of a section; null for none.")
    limited_to: list[Id] | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Of a teaching assistant: the sections whose people they see. Null: everybody in the course.",
    )


class AssignmentOut(Out):
    """An exercise that a course assigns, with its terms. Null means that there is no such limit."""

    id: int
    course: str = Field(examples=["autograd-demo"])
    slug: str = Field(examples=["gradients/two-variables"])
    title: str = Field(examples=["Two variables"])
    exercise: str = Field(examples=["gradients/two-variables"])
    own_exercise: bool = Field(
        description="Whether the exercise is a package of a course. It is then not among those of `GET /exercises`, "
        "which can have one of the same slug; `GET /assignments/{id}/exercise` has its text."
    )
    points: float = Field(examples=[100])
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    attempts: int | None
    keeps: str = Field(description="Which attempt counts.", examples=["best"])
    late_percent_per_day: float = Field(
        description="The late penalty for each calendar day begun after the grace, in percent of the points."
    )
    late_percent_cap: float = Field(description="The largest late penalty, in percent of the points.")
    grace_minutes: int = Field(description="For so many minutes after the due date, work is not late.")
    takes_slip_days: bool = Field(description="Whether late work uses the slip days of the course.")


class ById(In):
    """A person by our id."""

    id: Id


class ByExternalId(In):
    """A person by the id in the school's systems."""

    external_id: ExternalId


def _kind_of_user(value: Any) -> str:
    return "id" if isinstance(value, dict) and "id" in value else "external_id"


User = Annotated[Annotated[ById, Tag("id")] | Annotated[ByExternalId, Tag("external_id")], Discriminator(_kind_of_user)]


class Handed(In):
    """The fields of every new submission."""

    assignment: Id
    user: User | None = Field(None, description="The learner. Can be left out with a personal token.")
    external_ref: str | None = Field(
        None, min_length=1, max_length=200, pattern=LINE, description="Your own name for it; answers contain it."
    )


class NewSource(Handed):
    """A new submission: Python source."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "assignment": 4,
                "user": {"external_id": "student1"},
                "source": "def gradient(x, y):\n    return 2 * x * y, x ** 2\n",
                "external_ref": "attempt-4711",
            }
        }
    )
    source: str = Field(description="UTF-8 text, at most 256 kB.")


class Cell(BaseModel):
    """A part of a notebook; only those of type `code` are used."""

    model_config = ConfigDict(strict=True)
    cell_type: str
    source: str | Annotated[list[str], Field(fail_fast=True)]


class Notebook(BaseModel):
    """A Jupyter notebook file (nbformat 4); other fields are ignored."""

    model_config = ConfigDict(strict=True)
    nbformat: Annotated[Literal[4], Whole]
    # One wrong cell is enough to say what is wrong.
    cells: Annotated[list[Cell], Field(fail_fast=True)]


class NewNotebook(Handed):
    """A new submission: a Jupyter notebook. Its code, in the order of the notebook, is the source."""

    notebook: Notebook


def _kind_of_submission(value: Any) -> str:
    return "notebook" if isinstance(value, dict) and "notebook" in value else "source"


NewSubmission = Annotated[
    Annotated[NewSource, Tag("source")] | Annotated[NewNotebook, Tag("notebook")], Discriminator(_kind_of_submission)
]


class Score(Out):
    """The points, and the maximum."""

    given: float = Field(examples=[87.5])
    max: float = Field(examples=[100])


class Progress(Out):
    """The progress of an open submission: how many are ahead of it, or the case that runs now."""

    ahead: int
    case: int | None
    of: int | None


class ShownState(StrEnum):
    """The state of a submission as the caller can know it. `held`: received, and its result is held back."""

    QUEUED = State.QUEUED.value
    RUNNING = State.RUNNING.value
    GRADED = State.GRADED.value
    UNGRADABLE = State.UNGRADABLE.value
    ERROR = State.ERROR.value
    CANCELLED = State.CANCELLED.value
    HELD = HELD


class SubmissionOut(Out):
    """A submission. `score` is null until it is `graded`. `error` is our fault: no attempt used, not a score of 0."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": SUBMISSION_ID,
                "external_ref": "attempt-4711",
                "assignment": 4,
                "user": STUDENT,
                "attempt": 1,
                "submitted_at": "2026-03-01T12:00:00Z",
                "finished_at": "2026-03-01T12:00:01Z",
                "state": "graded",
                "uses_attempt": True,
                "exercise": "gradients/two-variables",
                "exercise_version": "9f2c1b",
                "grader_version": VERSION,
                "score": {"given": 87.5, "max": 100.0},
                "late_penalty": 0.0,
                "progress": None,
                "report": f"/api/v1/submissions/{SUBMISSION_ID}/report",
                "line": 7,
                "held": False,
            }
        }
    )
    id: UUID
    external_ref: str | None
    assignment: int
    user: UserRef
    attempt: int
    submitted_at: datetime
    finished_at: datetime | None
    state: ShownState
    held: bool = Field(
        description="Whether results are held back from learners. Their tokens then get the state `held` and no result."
    )
    uses_attempt: bool | None = Field(
        description="Whether it uses an attempt. Null while a grader stops a cancelled submission."
    )
    exercise: str
    exercise_version: str
    grader_version: str | None = Field(description="Null until there is a report.")
    score: Score | None
    late_penalty: float | None = Field(
        description="The late penalty in points: how much of the score the gradebook takes off."
    )
    progress: Progress | None = Field(description="Only in the answer for a single submission that is still open.")
    report: str | None = Field(description="The address of the report; null if there is none.")
    line: int | None = Field(
        description="The line of the code to look at, from 1. It can come some seconds after the score, without another"
        " webhook. Null if no single line is to blame for certain."
    )


class SourceOut(Out):
    """The code of a submission."""

    submission: UUID
    source: str = Field(
        description="As it was handed in. Empty if it was deleted after the time that this server keeps code."
    )


class FindingOut(Out):
    """One check's answer, in words. `diagnosis` names the mistake if we recognise it."""

    check: str
    title: str = Field(examples=["Agrees with autograd"])
    status: str = Field(examples=["failed"])
    points: float
    max_points: float
    message: str | None
    hint: str | None = Field(description="The first level of the hint: what to look at.")
    hints: list[str] = Field(
        description="The levels of the hint that are open to the reader: what to look at, why it goes wrong, what to"
        " change. A learner's token gets those that the learner can see now, a token of the course all."
    )
    diagnosis: str | None
    explanation: str | None = Field(description="The diagnosis in words, if the message does not say the same.")
    case: str | None


class ReportOut(Out):
    """The report on a submission: how the run ended, and what each check found."""

    submission: UUID
    outcome: str = Field(examples=["graded"])
    score: Score | None
    findings: list[FindingOut]
    output: str = Field(description="What the code printed, cut off if it is long.")
    seconds: float = Field(description="Wall time of the learner's code.")
    sandbox: str
    runtime: str


class GradeOut(Out):
    """A grade in points of the assignment. `score` is null if no submission counts yet, or if the learner is exempt."""

    assignment: int
    user: UserRef
    score: Score | None
    raw: float | None = Field(description="The score before any late penalty.")
    penalty: float | None = Field(description="The late penalty.")
    slip_days: int = Field(description="How many of the course's slip days the assignment uses.")
    overridden: bool
    exempt: bool
    counted: UUID | None = Field(description="The submission that counts.")
    updated_at: datetime | None
    held: bool = Field(description="Whether it is held back from the learner. A learner's token then gets no points.")


class TotalItemOut(Out):
    """An assignment in a total: whether it counts, and if not, why. `points` is null if there is nothing yet."""

    assignment: str = Field(description="The slug of the assignment.")
    status: ItemStatus
    points: float | None
    max: float


class UnitTotalOut(Out):
    """A unit in a total. `share` and `weight` are fractions; `weight` is null if the units have no weights."""

    unit: str
    points: float
    max: float
    share: float | None
    weight: float | None
    drop_lowest: int
    items: list[TotalItemOut]


class CourseTotalOut(Out):
    """A person's total in a course, and how it comes about.

    `share` is the total as a fraction, null if nothing counts yet. With `weighted`, it is the weighted mean of the
    units; else it is `points` divided by `max`.
    """

    user: UserRef
    weighted: bool
    share: float | None
    points: float
    max: float
    units: list[UnitTotalOut]


class NewGrade(In):
    """An instructor's decision about a grade."""

    model_config = ConfigDict(json_schema_extra={"example": {"given": 90, "reason": "The statement was misleading."}})
    given: float | None = Field(description="Points of the assignment; null removes an override.")
    exempt: bool = False
    reason: str = Field(min_length=1, max_length=1000, pattern=LINE)


class RegradeRequestOut(Out):
    """That a learner asked for another look at a score, and what came of it. `check` is null for the whole score."""

    id: int
    course: str
    submission: UUID
    user: UserRef
    check: str | None = Field(description="The title of the check that the request is about.")
    reason: str
    state: RequestState
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None


class NewRegradeAnswer(In):
    """An instructor's answer: the grade is kept, changed to `given`, or the submission is graded again in a preview."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"decision": "changed", "given": 90, "answer": "You are right."}}
    )
    decision: Literal["kept", "changed", "again"]
    given: float | None = Field(None, description="Points of the assignment, only if the grade is changed.")
    answer: str = Field(min_length=1, max_length=2000, pattern=LINE, description="The learner reads it.")


class EndpointOut(Out):
    """An address that receives events."""

    id: int
    course: str
    url: str
    events: list[EventType]
    enabled: bool
    disabled_because: str
    created_at: datetime


class EndpointWithSecret(EndpointOut):
    """An endpoint with its secret, which is shown only once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class NewEndpoint(In):
    """A new address for events."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "course": "autograd-demo",
                "url": "https://lms.example.edu/hooks/chainrule",
                "events": ["submission.graded", "grade.changed"],
            }
        }
    )
    course: str = Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9_-]+$")
    url: str = Field(min_length=8, max_length=500, pattern=r"^https?://[!-~]+$")
    events: list[Annotated[EventType, Field(strict=False)]] = Field(min_length=1, max_length=10)


class EndpointChange(In):
    """Changes of an endpoint. If you enable it, pending deliveries are sent."""

    enabled: bool


class TryOut(Out):
    """One try at a delivery."""

    at: datetime
    status: int | None
    error: str
    seconds: float


class VerificationProblem(Out):
    """A promise that a package does not keep, with its place if there is one."""

    promise: str
    text: str
    file: str | None = Field(examples=["checks.py"])
    line: int | None


class PackageVerificationOut(Out):
    """A verification of a version. With `passed` it can be published."""

    digest: str
    state: VerificationState
    problems: list[VerificationProblem]
    started_at: datetime
    finished_at: datetime | None


class PackageOut(Out):
    """A package of a course with its newest version; null if it has none yet. `published` is a digest."""

    slug: str = Field(examples=["gradients/my-idea"])
    kind: PackageKind
    number: int | None
    digest: str | None
    source: VersionSource | None
    commit: str | None
    made_at: datetime | None
    published: str | None
    withdrawn: bool


class PublicationOut(Out):
    """What publishing did. `outdated` submissions were graded by another version: a regrade can be previewed."""

    number: int
    digest: str
    follows: int = Field(description="Assignments that use the published version.")
    stays: int = Field(description="Assignments that stay with another version.")
    outdated: int


class DeliveryOut(Out):
    """An event for one endpoint. `webhook_id` is the same in every try."""

    id: UUID = Field(examples=[DELIVERY_ID])
    endpoint: int
    webhook_id: str
    type: EventType
    state: DeliveryState
    created_at: datetime
    due_at: datetime | None
    tries: list[TryOut]
