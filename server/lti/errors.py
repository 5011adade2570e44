"""What can go wrong between an LMS and us. Each text is for the person in front of the page.

LtiError
├── LaunchError        nobody is let in; the page says what to do
│   ├── BadRequest         this is no login or launch
│   ├── LostState          the browser lost the login, or it came too late
│   ├── AlreadyUsed        the login was answered before
│   ├── BadToken           the token is not by this platform, not for us, or not for now
│   ├── PlatformSaidNo     the platform answered with an error
│   ├── NotRegistered      no such platform
│   ├── NotApproved        a deployment that waits for approval
│   ├── NotLinked          an LMS course that nobody linked to one of ours
│   ├── NoExercise         the link names an exercise that the course does not have
│   └── Unreachable        the platform's keys cannot be had
└── ServiceError       a request to the platform failed; see `services`
"""


class LtiError(Exception):
    """Something between an LMS and us went wrong."""


class LaunchError(LtiError):
    """Nobody is let in. `title` says what happened, `advice` what to do; the message of the exception is for logs."""

    status = 400
    title = "This did not work"
    advice = "Go back to your course and open the activity again."


class BadRequest(LaunchError):
    """Somebody came here without a platform's request."""

    title = "This page is opened from a course"
    advice = "Open the activity in your learning platform; it brings you here with what we need to know."


class LostState(LaunchError):
    """The login is unknown here, too old, or another browser's."""

    title = "The way here took too long, or was interrupted"
    advice = (
        "Go back to your course and open the activity again. If this happens every time, your browser "
        "keeps cookies from us: allow them for this site, or open the activity in a new window."
    )


class AlreadyUsed(LaunchError):
    """The login was answered before: a page was loaded again, or a token replayed."""

    title = "This launch was used before"
    advice = "Each way in works once. Go back to your course and open the activity again."


class BadToken(LaunchError):
    """What the platform sent cannot be trusted."""

    status = 403
    title = "We could not verify where you come from"
    advice = (
        "Go back to your course and open the activity again. If it keeps happening, tell your instructor: the "
        "registration of this tool may be out of date, or a clock may be wrong."
    )


class PlatformSaidNo(LaunchError):
    """The platform answered the login with an error."""

    title = "Your learning platform did not let you through"
    advice = "You may have been signed out there. Sign in again, and open the activity from your course."


class NotRegistered(LaunchError):
    """No such platform, or it was switched off."""

    status = 403
    title = "This learning platform is not registered here"
    advice = (
        "An instructor can register it under Connections, LMS links. Issuer and client ID must be just those of the "
        "platform."
    )


class NotApproved(LaunchError):
    """A deployment that nobody approved yet."""

    status = 403
    title = "This deployment waits for approval"
    advice = "An instructor can approve it under Connections, LMS links. Then open the activity again."


class NotLinked(LaunchError):
    """An LMS course that nobody linked to one of ours."""

    status = 403
    title = "This course is not linked yet"
    advice = "An instructor can link it under Connections, LMS links. Then open the activity again."


class NoExercise(LaunchError):
    """The link names an exercise that is not in the course."""

    status = 404
    title = "This activity leads nowhere"
    advice = "The exercise that it names is not in the course. Your instructor can pick another one."


class Closed(LaunchError):
    """The account may not sign in."""

    status = 403
    title = "This account is closed"
    advice = "Ask your instructor."


class Unreachable(LaunchError):
    """The platform's public keys could not be had."""

    status = 502
    title = "We could not reach your learning platform"
    advice = "Wait a minute, then open the activity again."


class ServiceError(LtiError):
    """A request to the platform failed. `status` and `words` are its own, where it answered at all."""

    def __init__(self, words: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_after = retry_after
