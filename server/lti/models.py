"""Learning platforms, their courses and people, and the scores that we send to them.

Platform            an LMS that can launch us, by (issuer, client id); it belongs to the course that registered it
Deployment          one installation of this tool in that LMS; launches need an approved one
LmsCourse           a course in the LMS (LTI: a context), and our course that it is linked to
Identity            a person in the LMS, by (platform, sub), and the account here
Membership          a person's role in an LMS course, from launches and rosters
ResourceLink        an activity in the LMS, and the assignment that it opens
LineItem            a column of the LMS's gradebook
Passback            a score for a column: one row per (column, person); the latest score replaces the one before
PassbackTry         one try at sending a score

LoginState, Selection and PlatformInvitation can be used once; SigningKey is a key that we sign with.
"""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone

from server.courses.models import Course, Role
from server.gradebook.models import Assignment
from server.outbox.rows import OutboxRow


class KeyState(models.TextChoices):
    """The stages of a key. Keys of all three are published, so platforms know a key before it signs anything."""

    NEXT = "next", "Next"
    CURRENT = "current", "Signs"
    FORMER = "former", "Former"


class SigningKey(models.Model):
    """One of our private keys, as PEM. There is one current key and one next key at a time."""

    kid = models.CharField(max_length=64, unique=True)
    private_pem = models.TextField()
    state = models.CharField(max_length=10, choices=KeyState.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], name="one_current_one_next", condition=models.Q(state__in=["next", "current"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kid} ({self.state})"


class Family(models.TextChoices):
    """LMS products with behaviour of their own that some code must know."""

    CANVAS = "canvas", "Canvas"
    MOODLE = "moodle", "Moodle"
    OPENEDX = "openedx", "Open edX"
    OTHER = "other", "Another"


class Platform(models.Model):
    """An LMS that is registered here. `origins` are further origins that can show us in a frame.

    `same_as` is another registration of the same LMS, with which this one shares its people (see `members.sharing`).
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="lti_platforms")
    name = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=20, choices=Family.choices, default=Family.OTHER)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField("client ID", max_length=200)
    auth_url = models.URLField("authentication request URL", max_length=500)
    token_url = models.URLField("access token URL", max_length=500)
    jwks_url = models.URLField("public keyset URL", max_length=500)
    token_audience = models.CharField(
        max_length=500, blank=True, help_text="Only if the platform names one. Otherwise it is the access token URL."
    )
    origins: models.JSONField = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    same_as = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="registered_again"
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["issuer", "client_id"], name="registered_once")]

    def __str__(self) -> str:
        return self.name or self.issuer

    @property
    def frame_origins(self) -> list[str]:
        """The origins that can show us in a frame."""
        known = {origin_of(self.issuer), origin_of(self.auth_url), *self.origins}
        return sorted(origin for origin in known if origin)


def origin_of(url: str) -> str:
    """Return the origin of a web address; empty if it has none, or one that is not safe in a security policy."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    plain = host.replace("-", "").replace(".", "").replace(":", "")
    if parts.scheme not in {"https", "http"} or not plain.isascii() or not plain.isalnum():
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


class Deployment(models.Model):
    """An installation of this tool in a platform.

    With `every_course`, each course of the LMS that launches through it is linked to the platform's course at once.
    Otherwise an instructor links each by hand: teaching another course there does not make anyone an instructor here.
    """

    platform = models.ForeignKey(Platform, models.CASCADE, related_name="deployments")
    deployment_id = models.CharField("deployment ID", max_length=255)
    approved = models.BooleanField(default=False)
    every_course = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["platform", "deployment_id"], name="deployed_once")]

    def __str__(self) -> str:
        return f"{self.platform}: {self.deployment_id}"


class LmsCourse(models.Model):
    """A course in the LMS. `course` is ours, None until an instructor links it. The URLs are from the latest launch."""

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="lms_courses")
    context_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=300, blank=True)
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="lms_courses")
    line_items_url = models.CharField(max_length=1000, blank=True)
    memberships_url = models.CharField(max_length=1000, blank=True)
    scopes: models.JSONField = models.JSONField(default=list)
    roster_at = models.DateTimeField(null=True, blank=True)
    roster_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["deployment", "context_id"], name="one_row_per_context")]

    def __str__(self) -> str:
        return self.title or self.context_id or "(without a name)"

    @property
    def platform(self) -> Platform:
        """The platform that the course is in."""
        return self.deployment.platform


class Identity(models.Model):
    """A person in a platform, and the account here. Name and e-mail are never used to find an account.

    `copied_name` is the name that the account last got from the platform. As long as the account still has it, a new
    name from the platform becomes the account's.
    """

    platform = models.ForeignKey(Platform, models.CASCADE, related_name="identities")
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lti_identities")
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=300, blank=True)
    copied_name = models.CharField(max_length=310, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "sub"], name="one_identity_per_sub")]

    def __str__(self) -> str:
        return f"{self.sub} at {self.platform_id}"


class Membership(models.Model):
    """A person's role in an LMS course. `granted` is the role in our course that it last gave.

    If both a launch and a roster gave a role, the launch's counts, with one exception: whom Moodle calls an instructor
    at launch and a learner in the roster is an assistant. `lowered_at` is when a launch first had a lower role than
    `launch_role`, if every launch since then had (see `members.people`). `gone_at` is when a roster first no longer
    contained the person.
    """

    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="memberships")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="memberships")
    launch_role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    roster_role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    granted = models.CharField(max_length=20, choices=Role.choices, blank=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    lowered_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lms_course", "identity"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.identity_id} in {self.lms_course_id}: {self.role}"

    @property
    def role(self) -> Role | None:
        """The role in the LMS course, as far as we know; None if the person has left."""
        role = self.launch_role or self.roster_role
        if not role or self.gone_at is not None:
            return None
        is_assistant = (self.launch_role, self.roster_role) == (Role.INSTRUCTOR, Role.STUDENT)
        return Role.TA if is_assistant and self.identity.platform.family == Family.MOODLE else Role(role)


class LineItem(models.Model):
    """A column in a platform's gradebook. `url` is empty until the column is found or created.

    `ours` means that we created it. `making_until` is a lease: only one worker creates the column. `differences` are
    from the latest comparison with our grades (see `grades.reconciliation`); `asked_at` is when the next was requested.
    `missing_at` is when the platform first answered that the column does not exist. `dismissed_at` is when somebody
    dismissed it: nothing is sent to it any more.
    """

    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="line_items")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="line_items")
    url = models.CharField(max_length=1000, blank=True)
    ours = models.BooleanField(default=False)
    making_until = models.DateTimeField(null=True, blank=True)

    asked_at = models.DateTimeField(null=True, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    compare_error = models.CharField(max_length=300, blank=True)
    differences: models.JSONField = models.JSONField(default=list)

    missing_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["lms_course", "assignment", "url"], name="one_row_per_column"),
        ]

    def __str__(self) -> str:
        return self.url or f"not created yet, for {self.assignment_id}"


class ResourceLink(models.Model):
    """An activity in an LMS course, and the assignment that it opens: None if it opens the course's page."""

    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="links")
    link_id = models.CharField(max_length=255)
    title = models.CharField(max_length=300, blank=True)
    assignment = models.ForeignKey(Assignment, models.SET_NULL, null=True, blank=True, related_name="lti_links")
    line_item = models.ForeignKey(LineItem, models.SET_NULL, null=True, blank=True, related_name="links")
    launched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "lti_link"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["lms_course", "link_id"], name="one_row_per_link")]

    def __str__(self) -> str:
        return self.title or self.link_id


class PassbackState(models.TextChoices):
    """The states of a score that we send."""

    PENDING = "pending", "Waiting"
    SENT = "sent", "Arrived"
    FAILED = "failed", "Refused"
    DIFFERS = "differs", "Differs there"
    WITHHELD = "withheld", "Nothing to send"


class Passback(OutboxRow):
    """A learner's score for one column: the score that the platform should have, and how sending it went.

    `version` counts the changes of that score. The timestamp in `stamped_at` (whole seconds) belongs to
    `stamped_version`; a retry of the same version repeats it. `sent_*` is what the platform last accepted from us,
    `kept_*` the grade that it showed when we last read it: the two differ if somebody overrode the grade there.
    Until `busy_until` a worker has leased the row. `words` are the platform's explanation on the latest try.
    """

    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="passbacks")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="passbacks")

    given = models.FloatField(null=True, blank=True)
    most = models.FloatField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    state = models.CharField(max_length=10, choices=PassbackState.choices, default=PassbackState.PENDING)
    busy_until = models.DateTimeField(null=True, blank=True)
    stamped_at = models.DateTimeField(null=True, blank=True)
    stamped_version = models.PositiveIntegerField(default=0)
    words = models.CharField(max_length=500, blank=True)

    sent_given = models.FloatField(null=True, blank=True)
    sent_most = models.FloatField(null=True, blank=True)
    sent_submitted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    kept_given = models.FloatField(null=True, blank=True)
    kept_most = models.FloatField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["line_item", "identity"], name="one_score_per_cell")]
        indexes = [models.Index(fields=["due_at"], name="passbacks_due", condition=models.Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.given} of {self.most} for {self.identity_id}: {self.state}"


class PassbackTry(models.Model):
    """One try at sending a score: the HTTP status (None if there was no answer) and the platform's explanation."""

    passback = models.ForeignKey(Passback, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    given = models.FloatField(null=True)
    stamped_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    words = models.CharField(max_length=500, blank=True)
    seconds = models.FloatField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%F %T}: {self.status or self.words}"


class SingleUse(models.Model):
    """Something that can be used once, until it expires."""

    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    @property
    def has_expired(self) -> bool:
        """Whether it is too late to use it."""
        return self.expires_at <= timezone.now()


class LoginState(SingleUse):
    """A login that has begun, and what must come back with it, once. Only digests of the secrets are stored.

    `browser` is the digest of the secret in the cookie of the browser that began it. `arrival` says who arrived where
    with this login; None before the launch.
    """

    state = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=64)
    browser = models.CharField(max_length=64)
    platform = models.ForeignKey(Platform, models.CASCADE, related_name="+")
    params: models.JSONField = models.JSONField(default=dict)
    used_at = models.DateTimeField(null=True, blank=True)
    arrival: models.JSONField = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"login at {self.platform_id}"


class Selection(SingleUse):
    """A platform's request to an instructor to pick exercises (deep linking). It is answered once."""

    token = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="+")
    return_url = models.CharField(max_length=2000)
    data = models.TextField(blank=True)
    multiple = models.BooleanField(default=False)
    line_items = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"selection for {self.lms_course_id}"


class PlatformInvitation(SingleUse):
    """With this code a platform can register itself with a course, once. Only the code's digest is stored."""

    code = models.CharField(max_length=64, unique=True)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        db_table = "lti_invitation"

    def __str__(self) -> str:
        return f"invitation to {self.course_id}"


def is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment is set and in the future."""
    return moment is not None and moment > now
