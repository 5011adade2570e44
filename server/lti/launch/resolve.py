"""Resolves a launch: from verified claims to a person, a course and an exercise.

It also stores what the claims contain: the URLs of the roster and the column, and the person's role there.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course, Role
from server.courses.roles import role_in
from server.gradebook.models import Assignment
from server.lti.errors import (
    AccountClosed,
    BadRequest,
    BadToken,
    InArchive,
    NoExercise,
    NotApproved,
    NotInCourse,
    NotLinked,
)
from server.lti.grades import outbox
from server.lti.launch.student_view import AS_STUDENT
from server.lti.members import people, rosters
from server.lti.members.roles import role_of
from server.lti.models import (
    Deployment,
    Family,
    Identity,
    LineItem,
    LmsCourse,
    LoginState,
    Platform,
    ResourceLink,
    origin_of,
)
from server.lti.platform import claims as c
from server.lti.platform.claims import Claims
from server.lti.publish import publish_rosters

ASKED_AGAIN_AFTER = 600  # seconds between two requests for one person's role in the roster


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """The person of a launch, and the assignment or the course that it opens. `origins` can show us in a frame.

    `role` is the person's role in this launch. It can be lower than the stored one: "Switch role to" in Moodle.
    """

    user: User
    course: Course
    lms_course: LmsCourse
    role: Role
    assignment: Assignment | None
    origins: list[str]

    @property
    def address(self) -> str:
        """The page that the launch opens: as a student sees it, if the launch says student of somebody who teaches."""
        address = (self.assignment or self.course).get_absolute_url()
        teaches = role_in(self.user, self.course) not in {None, Role.STUDENT}
        return f"{address}?{urlencode(AS_STUDENT)}" if teaches and self.role == Role.STUDENT else address


def resolve_launch(claims: Claims, login: LoginState) -> Launch:
    """Return the launch of verified claims. Raises a LaunchError if the person cannot come in.

    A deployment or course that waits for an instructor is stored all the same, so that the instructor finds it.
    """
    platform = login.platform
    expected = login.params.get("lti_deployment_id", "")
    if expected and expected != claims[c.DEPLOYMENT_ID]:
        raise BadToken("the deployment is not the login's")
    _update_platform(platform, claims)
    lms_course = _lms_course(platform, claims)
    role = role_of(c.strings(claims, c.ROLES))
    return _resolve(platform, lms_course, claims, role, _read_roster_role(lms_course, claims, role))


def _read_roster_role(lms_course: LmsCourse, claims: Claims, role: Role) -> Role | None:
    """Return the person's role in the roster, if Moodle calls them an instructor and no roster has named them yet.

    Moodle's non-editing teachers are instructors at launch, and only the roster shows that they are assistants.
    """
    sub = c.string(claims, "sub", most=255)
    is_open = lms_course.platform.family == Family.MOODLE and role == Role.INSTRUCTOR and lms_course.memberships_url
    if not is_open or lms_course.memberships.filter(identity__sub=sub).exclude(roster_role="").exists():
        return None
    key = f"lti:roster-role:{lms_course.pk}:{hashlib.sha256(sub.encode()).hexdigest()}"
    return rosters.role_in_roster(lms_course, sub) if cache.add(key, 1, ASKED_AGAIN_AFTER) else None


@transaction.atomic
def _resolve(platform: Platform, lms_course: LmsCourse, claims: Claims, role: Role, roster_role: Role | None) -> Launch:
    course = lms_course.course
    assert course is not None, "_lms_course raises if the course is not linked"
    identity = people.identify(platform, course, claims)
    if not identity.user.is_active:
        raise AccountClosed("the account is not active")
    people.record_launch(lms_course, identity, role, roster_role=roster_role)
    if not identity.user.has_perm("courses.view", course):
        if course.is_archived:
            raise InArchive(f"{course} is archived")
        raise NotInCourse("staff removed this person from the course")
    link = _resource_link(lms_course, claims) if claims.get(c.MESSAGE_TYPE) == c.RESOURCE_MESSAGE else None
    outbox.update_passbacks(LineItem.objects.filter(lms_course=lms_course), learners=[identity.user_id])
    if lms_course.roster_at is None and lms_course.memberships_url:
        transaction.on_commit(publish_rosters)
    return Launch(
        user=identity.user,
        course=course,
        lms_course=lms_course,
        role=role,
        assignment=_shown(identity, link.assignment if link else None),
        origins=_origins(platform, claims),
    )


def _shown(identity: Identity, assignment: Assignment | None) -> Assignment | None:
    """Return the assignment of a launch, or None if the person does not see it: a draft leads to the course."""
    seen = assignment is not None and identity.user.has_perm("courses.view", assignment)
    return assignment if seen else None


def _update_platform(platform: Platform, claims: Claims) -> None:
    """Store the product and the name that the platform sends, if they are not set yet."""
    description = c.part(claims, c.TOOL_PLATFORM)
    family = c.string(description, "product_family_code").lower().replace("-", "").replace(" ", "")
    changed = []
    if platform.family == Family.OTHER and family in Family.values:
        platform.family, changed = Family(family), ["family"]
    if not platform.name and c.string(description, "name"):
        platform.name, changed = c.string(description, "name", most=200), [*changed, "name"]
    if changed:
        platform.save(update_fields=changed)


def _lms_course(platform: Platform, claims: Claims) -> LmsCourse:
    """Return the LMS course of a launch, updated from its claims. Raises NotApproved or NotLinked."""
    deployment, _ = Deployment.objects.get_or_create(platform=platform, deployment_id=claims[c.DEPLOYMENT_ID])
    if not deployment.approved:
        raise NotApproved(f"{deployment} waits for approval")
    context = c.part(claims, c.CONTEXT)
    row, _ = LmsCourse.objects.select_related("course").get_or_create(
        deployment=deployment,
        context_id=c.string(context, "id", most=255),
        defaults={"course": platform.course if deployment.every_course else None},
    )
    row.deployment = deployment
    deployment.platform = platform
    _update_lms_course(row, claims, context)
    if row.course is None:
        raise NotLinked(f"{row} is not linked")
    return row


def _update_lms_course(row: LmsCourse, claims: Claims, context: Claims) -> None:
    services, roster = c.part(claims, c.AGS), c.part(claims, c.NRPS)
    now = {
        "title": c.string(context, "title", most=300) or c.string(context, "label", most=300) or row.title,
        "line_items_url": c.address(services, "lineitems") or row.line_items_url,
        "memberships_url": c.address(roster, "context_memberships_url") or row.memberships_url,
        "scopes": c.strings(services, "scope") or row.scopes,
    }
    changed = [name for name, value in now.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, now[name])
    if changed:
        row.save(update_fields=changed)
    if "scopes" in changed:
        outbox.retry_without_scope(row)


def _resource_link(lms_course: LmsCourse, claims: Claims) -> ResourceLink:
    """Return the activity of a launch, with its assignment and column updated from the claims."""
    resource = c.part(claims, c.RESOURCE_LINK)
    name = c.string(resource, "id", most=255)
    if not name:
        raise BadRequest("a launch without a resource link")
    links = ResourceLink.objects.select_related("assignment", "line_item")
    link, _ = links.get_or_create(lms_course=lms_course, link_id=name)
    link.title = c.string(resource, "title", most=300) or link.title
    slug = c.custom(claims, "exercise")
    if slug:
        link.assignment = _assignment(lms_course, slug)
    before = link.line_item_id
    link.line_item = _line_item(lms_course, link, c.address(c.part(claims, c.AGS), "lineitem"))
    link.launched_at = timezone.now()
    link.save()
    if link.line_item is not None:
        _revive(link.line_item)
    if link.line_item_id != before and link.line_item_id is not None:
        # The grades of everybody are older than the column.
        outbox.update_passbacks(LineItem.objects.filter(pk=link.line_item_id))
    return link


def _revive(line_item: LineItem) -> None:
    """An activity with this column was opened: so the column exists, even if it was missing or dismissed before."""
    if line_item.missing_at or line_item.dismissed_at:
        line_item.missing_at = line_item.dismissed_at = None
        line_item.save(update_fields=["missing_at", "dismissed_at"])
        outbox.update_passbacks(LineItem.objects.filter(pk=line_item.pk))


def _assignment(lms_course: LmsCourse, slug: str) -> Assignment:
    found = Assignment.objects.select_related("course").filter(course=lms_course.course_id, slug=slug).first()
    if found is None:
        raise NoExercise(f"{slug!r} is not in {lms_course.course}")
    return found


def _line_item(lms_course: LmsCourse, link: ResourceLink, url: str) -> LineItem | None:
    """Return the column of an activity: the platform's own if it has one, else one that we created or can create."""
    if link.assignment is None or link.assignment.points <= 0:
        return None
    columns = LineItem.objects.filter(lms_course=lms_course, assignment=link.assignment)
    if url:
        return columns.get_or_create(lms_course=lms_course, assignment=link.assignment, url=url)[0]
    columns = columns.filter(missing_at=None)
    known = link.line_item if link.line_item and link.line_item.assignment_id == link.assignment.pk else None
    found = known or columns.order_by("-ours", "pk").first()
    if found is not None or c.LINE_ITEM not in lms_course.scopes or not lms_course.line_items_url:
        return found
    return columns.get_or_create(lms_course=lms_course, assignment=link.assignment, url="")[0]


def _origins(platform: Platform, claims: Claims) -> list[str]:
    """Return who can show us in a frame: the platform, and the origin of the return URL in the signed claims."""
    back = origin_of(c.address(c.part(claims, c.PRESENTATION), "return_url"))
    return sorted({*platform.frame_origins, *([back] if back else [])})
