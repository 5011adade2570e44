"""What we know of learning platforms, and what is on its way to them.

Platform     an LMS that may launch us, by (issuer, client id); it belongs to the course that registered it
Deployment   a place in that LMS where we are installed; nothing comes in by one that nobody approved
LmsCourse    a course there (LTI: a context), and which of our courses it is
Identity     a person there, by (platform, sub), and who that is here
Membership   a person's part in an LMS course, as launches and rosters tell it
Link         an activity there (LTI: a resource link), and the assignment behind it
LineItem     a column of the gradebook there
Passback     a score on its way into a column: one row per (column, person), and the latest wins
PassbackTry  one attempt to send one

LoginState, Selection and Invitation are good for one use; SigningKey is what we sign with.
"""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone

from server.courses.models import Course, Role
from server.gradebook.models import Assignment


class KeyState(models.TextChoices):
    """Where a key is in its life. All three are published, so that no platform meets one it has not seen."""

    NEXT = "next", "Next"
    CURRENT = "current", "Signs"
    FORMER = "former", "Former"


class SigningKey(models.Model):
    """A key of ours, as PEM. There is one current and one next at a time."""

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
    """Platforms that we treat each in its own way somewhere."""

    CANVAS = "canvas", "Canvas"
    MOODLE = "moodle", "Moodle"
    OPENEDX = "openedx", "Open edX"
    OTHER = "other", "Another"


class Platform(models.Model):
    """An LMS, as it is registered with us. `origins` are further places that may frame us, beside its own."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="lti_platforms")
    name = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=20, choices=Family.choices, default=Family.OTHER)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField("client ID", max_length=200)
    auth_url = models.URLField("authentication request URL", max_length=500)
    token_url = models.URLField("access token URL", max_length=500)
    jwks_url = models.URLField("public keyset URL", max_length=500)
    token_audience = models.CharField(
        max_length=500, blank=True, help_text="Only where the platform names one; else it is the access token URL."
    )
    origins: models.JSONField = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["issuer", "client_id"], name="registered_once")]

    def __str__(self) -> str:
        return self.name or self.issuer

    @property
    def frame_origins(self) -> list[str]:
        """The origins that may show us in a frame."""
        known = {origin_of(self.issuer), origin_of(self.auth_url), *self.origins}
        return sorted(origin for origin in known if origin)


def origin_of(url: str) -> str:
    """Return the origin of a web address; empty where it is none, or could say more than one thing in a policy."""
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
    """A place in a platform where we are installed.

    With `every_course`, any course of the LMS that launches through it is ours at once; otherwise an instructor links
    each by hand, so that nobody becomes an instructor here by teaching something else there.
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
    """A course in the LMS; `course` is ours, None until somebody says which. The addresses are the latest told."""

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
        """The platform that it is in."""
        return self.deployment.platform


class Identity(models.Model):
    """A person in a platform, and who that is here. What the platform calls them is never used to find an account."""

    platform = models.ForeignKey(Platform, models.CASCADE, related_name="identities")
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lti_identities")
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "sub"], name="one_identity_per_sub")]

    def __str__(self) -> str:
        return f"{self.sub} at {self.platform_id}"


class Membership(models.Model):
    """A person's part in an LMS course. `granted` is the role in our course that it last gave.

    A launch knows more than a roster (which calls Moodle's assistants learners): where both speak, the launch wins.
    `gone_at` is when a roster no longer named them.
    """

    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="memberships")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="memberships")
    launch_role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    roster_role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    granted = models.CharField(max_length=20, choices=Role.choices, blank=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lms_course", "identity"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.identity_id} in {self.lms_course_id}: {self.role}"

    @property
    def role(self) -> Role | None:
        """What they are there, as far as we know; None where they left."""
        role = self.launch_role or self.roster_role
        return Role(role) if role and self.gone_at is None else None


class LineItem(models.Model):
    """A column in a platform's gradebook. Its address is empty until it is found or made.

    `ours` says that we made it. `making_until` keeps two workers from making it twice. `differences` are those of the
    latest comparison with our grades, see `comparing`; `asked_at` is when somebody asked for another.
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

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["lms_course", "assignment", "url"], name="one_row_per_column"),
        ]

    def __str__(self) -> str:
        return self.url or f"to be made for {self.assignment_id}"


class Link(models.Model):
    """An activity in an LMS course, and the assignment behind it: None where it leads to the course as a whole."""

    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="links")
    link_id = models.CharField(max_length=255)
    title = models.CharField(max_length=300, blank=True)
    assignment = models.ForeignKey(Assignment, models.SET_NULL, null=True, blank=True, related_name="lti_links")
    line_item = models.ForeignKey(LineItem, models.SET_NULL, null=True, blank=True, related_name="links")
    launched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["lms_course", "link_id"], name="one_row_per_link")]

    def __str__(self) -> str:
        return self.title or self.link_id


class PassbackState(models.TextChoices):
    """Where a score is."""

    PENDING = "pending", "Waiting"
    SENT = "sent", "Arrived"
    FAILED = "failed", "Refused"
    DIFFERS = "differs", "Differs there"
    WITHHELD = "withheld", "Nothing to send"


class Passback(models.Model):
    """A learner's score for one column: what it should be there, and what became of telling so.

    `version` counts what it should be; the timestamp in `stamped_at` (whole seconds) belongs to `stamped_version`, and
    a retry of the same version repeats it. `sent_*` is what the platform last took from us. While `busy_until` lasts,
    a worker is at it. `words` are the platform's own on the latest try.
    """

    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="passbacks")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="passbacks")

    given = models.FloatField(null=True, blank=True)
    most = models.FloatField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    state = models.CharField(max_length=10, choices=PassbackState.choices, default=PassbackState.PENDING)
    due_at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True, blank=True)
    tried = models.PositiveIntegerField(default=0)
    stamped_at = models.DateTimeField(null=True, blank=True)
    stamped_version = models.PositiveIntegerField(default=0)
    words = models.CharField(max_length=500, blank=True)

    sent_given = models.FloatField(null=True, blank=True)
    sent_most = models.FloatField(null=True, blank=True)
    sent_submitted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["line_item", "identity"], name="one_score_per_cell")]
        indexes = [models.Index(fields=["due_at"], name="passbacks_due", condition=models.Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.given} of {self.most} for {self.identity_id}: {self.state}"


class PassbackTry(models.Model):
    """One attempt to send a score: the HTTP status, or why there was none, and the platform's words."""

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


class Once(models.Model):
    """Something good for one use, until a moment."""

    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    @property
    def has_expired(self) -> bool:
        """Whether it is too late for it."""
        return self.expires_at <= timezone.now()


class LoginState(Once):
    """A login that began and has not come back: what must come back with it, once. Only digests are kept.

    `browser` is what the cookie of the browser that began it holds.
    """

    state = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=64)
    browser = models.CharField(max_length=64)
    platform = models.ForeignKey(Platform, models.CASCADE, related_name="+")
    params: models.JSONField = models.JSONField(default=dict)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"login at {self.platform_id}"


class Selection(Once):
    """An instructor was asked by the platform to pick exercises (deep linking); answered once."""

    token = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lms_course = models.ForeignKey(LmsCourse, models.CASCADE, related_name="+")
    return_url = models.CharField(max_length=2000)
    data = models.TextField(blank=True)
    multiple = models.BooleanField(default=False)
    line_items = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"selection for {self.lms_course_id}"


class Invitation(Once):
    """A platform may register itself with a course, once, with this code. Only its digest is kept."""

    code = models.CharField(max_length=64, unique=True)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"invitation to {self.course_id}"


def in_time(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment is set and yet to come."""
    return moment is not None and moment > now
