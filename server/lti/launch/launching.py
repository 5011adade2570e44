"""A launch: from what a platform signed to a person, a course and an exercise.

What the platform tells on the way is kept: where the roster is, where the column is, what the person is there.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.lti.errors import BadRequest, BadToken, Closed, NoExercise, NotApproved, NotLinked
from server.lti.grades import outbox
from server.lti.members import people
from server.lti.members.roles import role_of
from server.lti.models import (
    Deployment,
    Family,
    Identity,
    LineItem,
    Link,
    LmsCourse,
    LoginState,
    Membership,
    Platform,
    origin_of,
)
from server.lti.platform import claims as c
from server.lti.platform.claims import Claims


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Who came, and where to: an assignment, or the course as a whole. `origins` may show us in a frame."""

    user: User
    course: Course
    lms_course: LmsCourse
    membership: Membership
    assignment: Assignment | None
    origins: list[str]

    @property
    def address(self) -> str:
        """The page that they came for."""
        return (self.assignment or self.course).get_absolute_url()


def arrive(claims: Claims, login: LoginState) -> Arrival:
    """Let in whom a verified token speaks of; a LaunchError says why not.

    What is waiting for approval is noted all the same, so that an instructor finds it.
    """
    platform = login.platform
    promised = login.params.get("lti_deployment_id", "")
    if promised and promised != claims[c.DEPLOYMENT_ID]:
        raise BadToken("the deployment is another than the login's")
    _learn(platform, claims)
    lms_course = _lms_course(platform, claims)
    return _arrive(platform, lms_course, claims)


@transaction.atomic
def _arrive(platform: Platform, lms_course: LmsCourse, claims: Claims) -> Arrival:
    course = lms_course.course
    assert course is not None, "linked, as was seen"
    identity = people.identify(platform, course, claims)
    if not identity.user.is_active:
        raise Closed("the account is not active")
    membership = people.launched(lms_course, identity, role_of(c.texts(claims, c.ROLES)))
    link = _link(lms_course, claims) if claims.get(c.MESSAGE_TYPE) == c.RESOURCE_MESSAGE else None
    _catch_up(lms_course, identity, link)
    return Arrival(
        user=identity.user,
        course=course,
        lms_course=lms_course,
        membership=membership,
        assignment=link.assignment if link else None,
        origins=_origins(platform, claims),
    )


def _learn(platform: Platform, claims: Claims) -> None:
    """Take down what the platform says of itself, where nobody said otherwise."""
    said = c.part(claims, c.TOOL_PLATFORM)
    family = c.text(said, "product_family_code").lower().replace("-", "").replace(" ", "")
    changed = []
    if platform.family == Family.OTHER and family in Family.values:
        platform.family, changed = Family(family), ["family"]
    if not platform.name and c.text(said, "name"):
        platform.name, changed = c.text(said, "name", most=200), [*changed, "name"]
    if changed:
        platform.save(update_fields=changed)


def _lms_course(platform: Platform, claims: Claims) -> LmsCourse:
    """Return the LMS course of a launch, with what the launch tells of it; NotApproved or NotLinked otherwise."""
    deployment, _ = Deployment.objects.get_or_create(platform=platform, deployment_id=claims[c.DEPLOYMENT_ID])
    if not deployment.approved:
        raise NotApproved(f"{deployment} waits for approval")
    context = c.part(claims, c.CONTEXT)
    row, _ = LmsCourse.objects.select_related("course").get_or_create(
        deployment=deployment,
        context_id=c.text(context, "id", most=255),
        defaults={"course": platform.course if deployment.every_course else None},
    )
    row.deployment = deployment
    deployment.platform = platform
    _tell(row, claims, context)
    if row.course is None:
        raise NotLinked(f"{row} is not linked")
    return row


def _tell(row: LmsCourse, claims: Claims, context: Claims) -> None:
    services, roster = c.part(claims, c.AGS), c.part(claims, c.NRPS)
    now = {
        "title": c.text(context, "title", most=300) or c.text(context, "label", most=300) or row.title,
        "line_items_url": c.address(services, "lineitems") or row.line_items_url,
        "memberships_url": c.address(roster, "context_memberships_url") or row.memberships_url,
        "scopes": c.texts(services, "scope") or row.scopes,
    }
    changed = [name for name, value in now.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, now[name])
    if changed:
        row.save(update_fields=changed)


def _link(lms_course: LmsCourse, claims: Claims) -> Link:
    """Return the activity of a launch, with its assignment and its column as the launch tells them."""
    resource = c.part(claims, c.RESOURCE_LINK)
    name = c.text(resource, "id", most=255)
    if not name:
        raise BadRequest("a launch without a resource link")
    link, _ = Link.objects.select_related("assignment", "line_item").get_or_create(lms_course=lms_course, link_id=name)
    link.title = c.text(resource, "title", most=300) or link.title
    slug = c.custom(claims, "exercise")
    if slug:
        link.assignment = _assignment(lms_course, slug)
    link.line_item = _line_item(lms_course, link, c.address(c.part(claims, c.AGS), "lineitem"))
    link.launched_at = timezone.now()
    link.save()
    return link


def _assignment(lms_course: LmsCourse, slug: str) -> Assignment:
    found = Assignment.objects.select_related("course").filter(course=lms_course.course_id, slug=slug).first()
    if found is None:
        raise NoExercise(f"{slug!r} is not in {lms_course.course}")
    return found


def _line_item(lms_course: LmsCourse, link: Link, url: str) -> LineItem | None:
    """Return the column of an activity: the platform's own, else one that we made or may make."""
    if link.assignment is None or link.assignment.points <= 0:
        return None
    columns = LineItem.objects.filter(lms_course=lms_course, assignment=link.assignment)
    if url:
        return columns.get_or_create(lms_course=lms_course, assignment=link.assignment, url=url)[0]
    known = link.line_item if link.line_item and link.line_item.assignment_id == link.assignment.pk else None
    found = known or columns.order_by("-ours", "pk").first()
    if found is not None or c.LINE_ITEM not in lms_course.scopes or not lms_course.line_items_url:
        return found
    return columns.get_or_create(lms_course=lms_course, assignment=link.assignment, url="")[0]


def _catch_up(lms_course: LmsCourse, identity: Identity, link: Link | None) -> None:
    """Have scores sent that were there before the column, the person, or both."""
    columns = LineItem.objects.filter(lms_course=lms_course)
    outbox.note(columns, learners=[identity.user_id])
    if link is not None and link.line_item is not None and not link.line_item.passbacks.exists():
        outbox.note(columns.filter(pk=link.line_item.pk))


def _origins(platform: Platform, claims: Claims) -> list[str]:
    """Return who may show us in a frame: the platform, and where it says, signed, that it shows this."""
    back = origin_of(c.address(c.part(claims, c.PRESENTATION), "return_url"))
    return sorted({*platform.frame_origins, *([back] if back else [])})
