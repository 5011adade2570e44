"""Converts rows to the schemas of the API."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from grader.protocol.reports import Report
from server.accounts.models import User
from server.api import schemas
from server.api.models import ExternalReference
from server.api.schemas import Score, ShownState
from server.catalogue.exercises import ExerciseText, in_present_words
from server.courses.models import AssistantLimit, Course, Enrollment, FormerEnrollment, Role, Section
from server.courses.roles import Person
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment, Grade
from server.gradebook.rules import MoreTime, late_share
from server.gradebook.selectors import grade_in, more_time_in, terms_with
from server.gradebook.totals import CourseTotal
from server.hints.access import HintAccess
from server.packages.models import CoursePackage, PackageKind, PackageVerification, VerificationState, VersionSource
from server.packages.services import Publication
from server.regrade_requests.models import RegradeRequest, RequestState
from server.submissions.live import snapshots
from server.submissions.live.snapshots import Snapshot
from server.submissions.models import State, Submission
from server.submissions.rendering.presentation import result_of
from server.webhooks.models import Delivery, DeliveryState, Endpoint, EventType

ROOT = "/api/v1"


def show_exercise(exercise: ExerciseText) -> schemas.ExerciseOut:
    """Return an exercise as lists show it."""
    return schemas.ExerciseOut(**_exercise(exercise))


def show_exercise_detail(exercise: ExerciseText) -> schemas.ExerciseDetail:
    """Return an exercise with its text."""
    return schemas.ExerciseDetail(**_exercise(exercise), statement=exercise.statement, starter=exercise.starter)


def _exercise(exercise: ExerciseText) -> dict[str, Any]:
    return {
        "slug": exercise.slug,
        "title": exercise.title,
        "version": exercise.digest,
        "teaches": list(exercise.teaches),
        "after": list(exercise.after),
        "entries": list(exercise.entries),
        "runtime": exercise.runtime,
    }


def show_course(course: Course) -> schemas.CourseOut:
    """Return a course."""
    return schemas.CourseOut(
        id=course.slug,
        title=course.title,
        term=course.term,
        time_zone=str(course.zone),
        slip_days=course.slip_days,
        archived=course.is_archived,
    )


def show_user(user: User) -> schemas.UserRef:
    """Return a person."""
    return schemas.UserRef(id=user.pk, external_id=user.external_id)


def show_section(row: Section) -> schemas.SectionOut:
    """Return a section."""
    return schemas.SectionOut(id=row.pk, name=row.name, course=row.course.slug)


def show_enrollment(row: Enrollment | FormerEnrollment) -> schemas.EnrollmentOut:
    """Return a person's enrollment in a course."""
    return show_enrollments([row])[0]


def show_enrollments(rows: Sequence[Enrollment | FormerEnrollment]) -> list[schemas.EnrollmentOut]:
    """Return enrollments in one course, with one query for the limits of the assistants."""
    assistants = {row.user_id: row.course_id for row in rows if row.role == Role.TA}
    limits: dict[int, list[int]] = {}
    if assistants:
        found = AssistantLimit.objects.filter(user__in=assistants, course__in=set(assistants.values())).order_by("pk")
        for user, section in found.values_list("user", "section"):
            limits.setdefault(user, []).append(section)
    return [_enrollment(row, limits.get(row.user_id) if row.role == Role.TA else None) for row in rows]


def _enrollment(row: Enrollment | FormerEnrollment, limits: list[int] | None) -> schemas.EnrollmentOut:
    return schemas.EnrollmentOut(
        id=row.pk,
        course=row.course.slug,
        user=show_user(row.user),
        name=row.user.display_name,
        role=Role(row.role),
        section=schemas.SectionRef(id=row.section.pk, name=row.section.name) if row.section else None,
        limited_to=limits,
        removed_at=row.at if isinstance(row, FormerEnrollment) else None,
    )


def show_assignment(row: Assignment) -> schemas.AssignmentOut:
    """Return an assignment with its terms."""
    return schemas.AssignmentOut(
        id=row.pk,
        course=row.course.slug,
        slug=row.slug,
        title=row.title,
        exercise=row.exercise,
        own_exercise=bool(row.library),
        points=row.points,
        opens_at=row.opens_at,
        due_at=row.due_at,
        closes_at=row.closes_at,
        attempts=row.attempts,
        keeps=row.keeps,
        late_percent_per_day=row.late_percent_per_day,
        late_percent_cap=row.late_percent_cap,
        grace_minutes=row.grace_minutes,
        takes_slip_days=row.takes_slip_days,
    )


def show_submissions(rows: list[Submission]) -> list[schemas.SubmissionOut]:
    """Return submissions as lists show them, with one query for the terms of each learner."""
    grades = Grade.objects.filter(
        assignment__in={row.assignment_id for row in rows}, learner__in={row.learner_id for row in rows}
    )
    known = {(grade.assignment_id, grade.learner_id): grade for grade in grades}
    more = {course: more_time_in(course, {row.learner_id for row in rows}) for course in {row.course for row in rows}}
    return [
        _submission(
            row, _reference(row), _late_penalty(row, known.get((row.assignment_id, row.learner_id)), more[row.course])
        )
        for row in rows
    ]


def show_submission(row: Submission) -> schemas.SubmissionOut:
    """Return a submission, with its progress if it is open."""
    snapshot = snapshots.snapshot(row) if row.is_open else None
    penalty = None
    if row.state == State.GRADED:
        penalty = _late_penalty(row, grade_in(row.assignment, row.learner), more_time_in(row.course, [row.learner_id]))
    return _submission(row, _reference(row), penalty, snapshot)


def show_new(row: Submission, reference: str | None) -> schemas.SubmissionOut:
    """Return a submission that was just created, without reading the database."""
    return _submission(row, reference, None)


def _submission(
    row: Submission, reference: str | None, late_penalty: float | None, snapshot: Snapshot | None = None
) -> schemas.SubmissionOut:
    return schemas.SubmissionOut(
        id=row.pk,
        external_ref=reference,
        assignment=row.assignment_id,
        user=show_user(row.learner),
        attempt=row.number,
        submitted_at=row.submitted_at,
        finished_at=row.finished_at,
        state=ShownState(row.shown_state if snapshot is None else snapshot.state),
        uses_attempt=None if row.is_being_stopped else row.counts,
        exercise=row.exercise,
        exercise_version=row.digest,
        grader_version=_grader(row),
        score=_score(row.given, row.max),
        late_penalty=late_penalty,
        progress=None if snapshot is None or snapshot.over else _progress(snapshot),
        report=f"{ROOT}/submissions/{row.pk}/report" if row.shown_state in {State.GRADED, State.UNGRADABLE} else None,
        line=row.line,
        held=row.assignment.results_held,
    )


def _late_penalty(row: Submission, grade: Grade | None, more: Mapping[int, MoreTime]) -> float | None:
    terms = terms_with(row.assignment, row.learner, grade, more[row.learner_id])
    return None if row.given is None else row.given * late_share(terms, row.submitted_at)


def _reference(row: Submission) -> str | None:
    try:
        return row.external_reference.text
    except ExternalReference.DoesNotExist:
        return None


def _grader(row: Submission) -> str | None:
    return (row.report.get("grader") or None) if row.report else None


def _score(points: float | None, max_points: float | None) -> Score | None:
    return None if points is None or max_points is None else Score(given=points, max=max_points)


def _progress(snapshot: Snapshot) -> schemas.Progress:
    return schemas.Progress(ahead=snapshot.ahead, case=snapshot.case, of=snapshot.of)


def show_report(row: Submission, access: HintAccess) -> schemas.ReportOut:
    """Return the report of a submission that has one, with the hints that are open to the reader."""
    report = in_present_words(Report.from_dict(row.report or {}), library=row.library)
    result = result_of(row)
    rows = result.rows if result else []
    return schemas.ReportOut(
        submission=row.pk,
        outcome=str(report.outcome),
        score=_score(row.given, row.max),
        findings=[
            schemas.FindingOut(
                check=finding.check,
                title=shown.title,
                status=shown.status,
                points=shown.points,
                max_points=shown.max_points,
                message=shown.message,
                hint=shown.hint,
                hints=access.visible(finding.hint, finding.hint_texts),
                diagnosis=finding.diagnosis,
                explanation=shown.diagnosis,
                case=shown.case,
            )
            for finding, shown in zip(report.findings, rows, strict=True)
        ],
        output=report.output,
        seconds=report.seconds,
        sandbox=report.sandbox,
        runtime=report.runtime,
    )


def show_grade(row: Grade, reader: Person) -> schemas.GradeOut:
    """Return a grade as its reader can see it. An unsaved one belongs to a learner without submissions."""
    if hides_results(reader, row.assignment):
        row = Grade(assignment=row.assignment, learner=row.learner, exempt=row.exempt)
    return schemas.GradeOut(
        assignment=row.assignment_id,
        user=show_user(row.learner),
        score=_score(row.final, row.assignment.points),
        raw=row.raw,
        penalty=row.penalty,
        slip_days=row.slip_days,
        overridden=row.override is not None,
        exempt=row.exempt,
        counted=row.counted_id,
        updated_at=row.updated_at,
        held=row.assignment.results_held,
    )


def show_total(user: User, total: CourseTotal) -> schemas.CourseTotalOut:
    """Return a person's total in a course."""
    return schemas.CourseTotalOut(
        user=show_user(user),
        weighted=total.is_weighted,
        share=_number(total.share),
        points=float(total.points),
        max=float(total.max_points),
        units=[
            schemas.UnitTotalOut(
                unit=unit.unit,
                points=float(unit.points),
                max=float(unit.max_points),
                share=_number(unit.share),
                weight=_number(unit.weight),
                drop_lowest=unit.drop_lowest,
                items=[
                    schemas.TotalItemOut(
                        assignment=one.item.key, status=one.status, points=one.item.points, max=one.item.max_points
                    )
                    for one in unit.items
                ],
            )
            for unit in total.units
        ],
    )


def _number(number: Fraction | None) -> float | None:
    return None if number is None else float(number)


def show_regrade_request(row: RegradeRequest) -> schemas.RegradeRequestOut:
    """Return a regrade request with its answer, if there is one."""
    return schemas.RegradeRequestOut(
        id=row.pk,
        course=row.course.slug,
        submission=row.submission_id,
        user=show_user(row.submission.learner),
        check=row.check_title or None,
        reason=row.reason,
        state=RequestState(row.state),
        asked_at=row.asked_at,
        answer=row.answer or None,
        answered_at=row.answered_at,
    )


def show_endpoint(row: Endpoint) -> schemas.EndpointOut:
    """Return an endpoint without its secret."""
    return schemas.EndpointOut(**_endpoint(row))


def show_endpoint_with_secret(row: Endpoint) -> schemas.EndpointWithSecret:
    """Return an endpoint with its secret, for the caller who created it or replaced the secret."""
    return schemas.EndpointWithSecret(**_endpoint(row), secret=row.secret)


def _endpoint(row: Endpoint) -> dict[str, Any]:
    return {
        "id": row.pk,
        "course": row.course.slug,
        "url": row.url,
        "events": [EventType(event) for event in row.events],
        "enabled": row.enabled,
        "disabled_because": row.disabled_because,
        "created_at": row.created_at,
    }


def show_delivery(row: Delivery) -> schemas.DeliveryOut:
    """Return a delivery with its tries."""
    waits = row.state == DeliveryState.PENDING
    return schemas.DeliveryOut(
        id=row.pk,
        endpoint=row.endpoint_id,
        webhook_id=row.event.webhook_id,
        type=EventType(row.event.type),
        state=DeliveryState(row.state),
        created_at=row.event.created_at,
        due_at=row.due_at if waits else None,
        tries=[
            schemas.TryOut(at=one.at, status=one.status, error=one.error, seconds=one.seconds)
            for one in row.tries.all()
        ],
    )


def show_package(package: CoursePackage) -> schemas.PackageOut:
    """Return a package with its newest version."""
    newest = package.versions.order_by("-number").first()
    return schemas.PackageOut(
        slug=package.slug,
        kind=PackageKind(package.kind),
        number=newest.number if newest else None,
        digest=newest.version_id if newest else None,
        source=VersionSource(newest.source) if newest else None,
        commit=newest.commit if newest else None,
        made_at=newest.made_at if newest else None,
        published=package.published_id,
        withdrawn=package.is_withdrawn,
    )


def show_verification(verification: PackageVerification) -> schemas.PackageVerificationOut:
    """Return a verification with its problems."""
    found = verification.verified or {}
    return schemas.PackageVerificationOut(
        digest=verification.package_version.version_id,
        state=VerificationState(verification.state),
        problems=[
            schemas.VerificationProblem(
                promise=one["promise"], text=one["text"], file=one.get("file"), line=one.get("line")
            )
            for one in found.get("problems", [])
        ],
        started_at=verification.started_at,
        finished_at=verification.finished_at,
    )


def show_publication(publication: Publication) -> schemas.PublicationOut:
    """Return what publishing did."""
    return schemas.PublicationOut(
        number=publication.version.number,
        digest=publication.version.version_id,
        follows=publication.follows,
        stays=publication.stays,
        outdated=publication.outdated,
    )
