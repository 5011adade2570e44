"""What can go wrong between an LMS and this tool. `title` and `advice` are for the person who sees the page.

LtiError
├── LaunchError            the launch is refused; the page says what to do
│   ├── BadRequest         not a login or launch
│   ├── LostState          the login is unknown, expired, or another browser's
│   ├── AlreadyUsed        the login was used before
│   ├── BadToken           the token is not signed by this platform, not for this tool, or not valid now
│   ├── PlatformError      the platform answered with an error
│   ├── TooManyLogins      too many logins from one address
│   ├── NotRegistered      the platform is unknown
│   ├── PlatformSwitchedOff  the platform is switched off here
│   ├── NotApproved        the deployment waits for approval
│   ├── NotLinked          the LMS course is not linked to a course here
│   ├── NoExercise         the link names an exercise that the course does not have
│   ├── AccountClosed      the account is closed
│   ├── NotInCourse        staff removed the person from the course here
│   ├── InArchive          the course here is archived, and the person is not in it
│   └── KeysUnreachable    the platform's keys cannot be fetched
└── ServiceError           a request to the platform failed (see `platform.http_client`)
"""

from collections.abc import Mapping
from typing import ClassVar

NO_SCOPE = "The LMS has not given us the permission (scope) for this."


class LtiError(Exception):
    """Something between an LMS and this tool went wrong."""


class LaunchError(LtiError):
    """The launch is refused. `title` says what happened, `advice` what to do; the exception's message is for logs."""

    status = 400
    title = "This did not work"
    advice = "Go back to your course and open the activity again."
    raw = ""  # what the platform answered, for those who set it up


class BadRequest(LaunchError):
    """The page was opened without a platform's request."""

    title = "This page is opened from a course"
    advice = "Open the activity in your learning platform. It brings you here with the data that we need."


class LostState(LaunchError):
    """The login is unknown, has expired, or belongs to another browser."""

    title = "The sign-in took too long or was interrupted"
    advice = (
        "Go back to your course and open the activity again. If this happens every time, your browser "
        "blocks our cookies: allow them for this site, or open the activity in a new window."
    )


class AlreadyUsed(LaunchError):
    """The login was used before: a page was reloaded, or a token replayed."""

    title = "This launch was used before"
    advice = "Each launch works once. Go back to your course and open the activity again."


class BadToken(LaunchError):
    """The platform's token is not valid."""

    status = 403
    title = "We could not verify your learning platform"
    advice = (
        "Go back to your course and open the activity again. If it keeps happening, tell your instructor: the "
        "registration of this tool can be out of date, or a clock can be wrong."
    )


class PlatformError(LaunchError):
    """The platform answered the login with an error."""

    title = "Your learning platform refused the sign-in"
    advice = "Perhaps you were signed out there. Sign in again, and open the activity from your course."

    # What the platforms' error codes (OpenID Connect) mean for the person. `login_required` is the advice above.
    ADVICE: ClassVar[Mapping[str, str]] = {
        "unauthorized_client": "It does not know this tool by the client ID that is registered here, or this course "
        "cannot use the tool. Your instructor can compare the client ID under Integrations, LMS links.",
        "invalid_client": "It does not know this tool by the client ID that is registered here. Your instructor can "
        "compare the client ID under Integrations, LMS links.",
        "invalid_request": "Each click on an activity works once. Go back to your course, load the page again, and "
        "open the activity. If that does not help, the redirection URIs there are not exactly our addresses.",
        "access_denied": "It does not let you open this activity. Ask your instructor.",
        "server_error": "It has a problem of its own. Wait a minute, then open the activity again.",
        "temporarily_unavailable": "It is busy or being repaired. Wait a minute, then open the activity again.",
    }

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code[:100]}: {description[:300]}")
        self.advice = self.ADVICE.get(code, self.advice)
        self.raw = f"{code[:100]} {description[:300]}".strip()


class TooManyLogins(LaunchError):
    """Too many logins were begun from one address within a minute."""

    status = 429
    title = "Too many people are signing in at once"
    advice = "Wait a minute, then open the activity again."


class NotRegistered(LaunchError):
    """The platform is unknown."""

    status = 403
    title = "This learning platform is not registered here"
    advice = (
        "An instructor can register it under Integrations, LMS links. Issuer and client ID must match the platform's "
        "exactly."
    )


class PlatformSwitchedOff(LaunchError):
    """The platform is registered and switched off."""

    status = 403
    title = "This learning platform is switched off here"
    advice = (
        "An instructor switched it off, so its activities cannot be opened. Nothing is lost. An instructor can switch "
        "it on again under Integrations, LMS links."
    )


class NotApproved(LaunchError):
    """The deployment is not approved yet."""

    status = 403
    title = "This deployment waits for approval"
    advice = "An instructor can approve it under Integrations, LMS links. Then open the activity again."


class NotLinked(LaunchError):
    """The LMS course is not linked to a course here."""

    status = 403
    title = "This course is not linked yet"
    advice = "An instructor can link it under Integrations, LMS links. Then open the activity again."


class NoExercise(LaunchError):
    """The link names an exercise that is not in the course."""

    status = 404
    title = "The exercise does not exist"
    advice = "This activity names an exercise that is not in the course. Your instructor can pick another one."


class AccountClosed(LaunchError):
    """The account cannot sign in."""

    status = 403
    title = "This account is closed"
    advice = "Ask your instructor."


class NotInCourse(LaunchError):
    """Staff of our course removed the person, which the LMS does not know."""

    status = 403
    title = "You are no longer in this course"
    advice = "An instructor removed you from the course here. If that is a mistake, ask them to restore you."


class InArchive(LaunchError):
    """The course here is archived: its members can read, and nobody else comes in."""

    status = 403
    title = "This course is archived"
    advice = "Nothing can be handed in any more. Ask your instructor for the activity of the new term."


class KeysUnreachable(LaunchError):
    """The platform's public keys could not be fetched."""

    status = 502
    title = "We could not reach your learning platform"
    advice = "Wait a minute, then open the activity again."


class ServiceError(LtiError):
    """A request to the platform failed. `words` says why; `status` is the answer's, None if there was no answer."""

    def __init__(self, words: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_after = retry_after
