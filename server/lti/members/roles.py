"""Course roles in LTI's vocabulary, in its long and its short form.

Only roles in the course count: an administrator of the whole LMS has no special role here.
"""

from collections.abc import Iterable

from server.courses.models import Role

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/membership"
RANK = {Role.STUDENT: 0, Role.TA: 1, Role.INSTRUCTOR: 2}
ASSISTANTS = {
    "TeachingAssistant",
    "TeachingAssistantSection",
    "TeachingAssistantTemplate",
    "Grader",
    "TeachingAssistantGroup",
}
INSTRUCTORS = {"Instructor", "Administrator", "ContentDeveloper"}


def role_of(roles: Iterable[str]) -> Role:
    """Return a person's role in the course: the highest of their roles, but an assistant is never an instructor.

    Platforms send `Instructor` along with `Instructor#TeachingAssistant`. A person without any of these roles is a
    student, which is the role with the fewest permissions.
    """
    names = {name for role in roles if (name := _name(role))}
    if names & ASSISTANTS:
        return Role.TA
    return Role.INSTRUCTOR if names & INSTRUCTORS else Role.STUDENT


def _name(role: str) -> str:
    """Return the last part of a role in the course; empty if it is not a course role."""
    if role.startswith((f"{VOCABULARY}#", f"{VOCABULARY}/")):
        return role.rpartition("#")[2]
    # The short form, as Moodle's roster has it: "Instructor", "Learner", "Instructor/TeachingAssistant".
    short = role.removeprefix("urn:lti:role:ims/lis/")
    return "" if ":" in short else short.rpartition("/")[2].rpartition("#")[2]
