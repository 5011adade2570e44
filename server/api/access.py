"""What a token can reach, decided anew for each request: by its scopes, its courses, and the rights of its person.

A token never has more rights than its person. A *course token* acts with the rights of its owner, an instructor; a
*personal token* with those of its learner, and for that person alone. If the person is deactivated or has left every
course of the token, the token is suspended: it works again as soon as another instructor takes it over.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from server.accounts.models import User
from server.api.models import ApiToken, TokenScope
from server.api.problems import Code, Problem
from server.courses.models import Course
from server.courses.roles import with_roles
from server.courses.selectors import archived_sentence, lacks_open_course

# The permission that the owner of a course token needs in a course, for each scope.
OF_OWNER: Mapping[TokenScope, str] = {
    TokenScope.SUBMISSIONS_WRITE: "courses.teach",
    TokenScope.SUBMISSIONS_READ: "courses.teach",
    TokenScope.GRADES_READ: "grades.export",
    TokenScope.GRADES_WRITE: "grades.override",
    TokenScope.ROSTER_WRITE: "roster.import",
    TokenScope.WEBHOOKS_WRITE: "integrations.manage",
    TokenScope.PACKAGES_WRITE: "packages.edit",
}
# The same for a personal token. The scopes that are missing here are refused: they concern other people.
OF_LEARNER: Mapping[TokenScope, str] = {
    TokenScope.SUBMISSIONS_WRITE: "submissions.submit",
    TokenScope.SUBMISSIONS_READ: "courses.view",
    TokenScope.GRADES_READ: "courses.view",
    TokenScope.PACKAGES_WRITE: "packages.edit",
}
TAKE_OVER = "An instructor of the course can take it over on the page Integrations, API tokens."


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The token of a request, and the courses in which it can do what the operation needs."""

    token: ApiToken
    courses: tuple[Course, ...]
    # The courses of the token in which it cannot do this now, by slug, and why.
    lost: Mapping[str, Problem]

    @property
    def learner_id(self) -> int | None:
        """The only person that the token acts for; None if it is a token of the course."""
        return self.token.learner_id

    @property
    def person(self) -> User:
        """The person whose rights the token has."""
        assert self.token.person is not None  # `access_of` refuses tokens without a person
        return self.token.person

    @property
    def prefix(self) -> str:
        """The beginning of the token, for logs."""
        return self.token.prefix

    def allows(self, scope: TokenScope) -> bool:
        """Whether the token has a scope."""
        return self.token.allows(scope)


def access_of(
    token: ApiToken, scopes: Collection[TokenScope], right: str | None = None, *, writes: bool = False
) -> Access:
    """Return what a token can reach with one of these scopes; with any token if there are none.

    With `right`, the owner needs this permission, whatever the scope, and personal tokens are refused. A request that
    `writes` does not reach archived courses. Raises Problem if the token is suspended, or its person lacks the rights
    in every course.
    """
    person = token.person
    if person is None or not person.is_active:
        raise _suspended(token)
    courses = with_roles(person, token.courses.all())
    present = "courses.view" if token.learner_id else "courses.teach"
    if not any(person.has_perm(present, course) for course in courses):
        raise _suspended(token)
    needed = _permissions(token, scopes, right) if scopes else {present}
    reached = [course for course in courses if any(_holds(person, one, course) for one in needed)]
    if not reached:
        raise _without_rights(token)
    lost = {course.slug: _lost(token, person, course, present) for course in courses if course not in reached}
    archived = {course.slug: _archived(course) for course in reached if course.is_archived} if writes else {}
    reached = [course for course in reached if course.slug not in archived]
    if not reached:
        raise next(iter(archived.values()))
    lost |= archived
    return Access(token=token, courses=tuple(reached), lost=lost)


def _holds(person: User, permission: str, course: Course) -> bool:
    """Whether a person has a permission, or would have it if the course were not archived: a scope also reads."""
    return person.has_perm(permission, course) or lacks_open_course(person, permission, course)


def _archived(course: Course) -> Problem:
    return Problem(Code.ARCHIVED, archived_sentence(course))


def _permissions(token: ApiToken, scopes: Collection[TokenScope], right: str | None) -> set[str]:
    """Return the permissions of which a course must grant one."""
    if right is not None and not token.learner_id:
        return {right}
    if right is not None or (token.learner_id and not set(scopes) & set(OF_LEARNER)):
        raise Problem(Code.FORBIDDEN, "A personal token cannot do this: use a token of the course.")
    needs = OF_LEARNER if token.learner_id else OF_OWNER
    return {needs[scope] for scope in scopes if token.allows(scope) and scope in needs}


def _suspended(token: ApiToken) -> Problem:
    person = token.person
    if token.learner_id:
        reason = "is no longer in its course" if person and person.is_active else "has no active account"
        return Problem(Code.SUSPENDED, f"The person of this token {reason}.")
    if person is None:
        reason = "This token has no owner"
    elif not person.is_active:
        reason = "The account of this token's owner is not active"
    else:
        reason = "The owner of this token no longer teaches its course"
    return Problem(Code.SUSPENDED, f"{reason}. {TAKE_OVER}")


def _without_rights(token: ApiToken) -> Problem:
    if token.learner_id:
        return Problem(Code.FORBIDDEN, "The person of this token does not have this right in its course.")
    detail = f"The owner of this token is no instructor of the course any more, and this needs one. {TAKE_OVER}"
    return Problem(Code.FORBIDDEN, detail)


def _lost(token: ApiToken, person: User, course: Course, present: str) -> Problem:
    is_there = person.has_perm(present, course)
    return _without_rights(token) if is_there else _suspended_in(token, course)


def _suspended_in(token: ApiToken, course: Course) -> Problem:
    if token.learner_id:
        return Problem(Code.SUSPENDED, f"The person of this token is no longer in {course}.")
    return Problem(Code.SUSPENDED, f"The owner of this token no longer teaches {course}. {TAKE_OVER}")
