"""The outbox of e-mails.

Mail        one e-mail to one person, with its state
Letter      what is in it; all recipients of an announcement share one. Deleted once its last mail has ended
SwitchedOff a kind of mail that a person does not want
MailServer  one row: who sends right now, and how long to leave a server alone that does not answer
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from server.common.uuid7 import uuid7
from server.outbox.rows import PENDING, OutboxRow


class MailKind(models.TextChoices):
    """Why a mail is sent. The labels are those of a person's settings."""

    SECURITY = "security", "Your account"
    INVITATION = "invitation", "Invitations"
    ANNOUNCEMENT = "announcement", "Announcements of your teachers"
    COMMENT = "comment", "Comments on your submissions"
    GRADE = "grade", "Decisions about your grades"
    REGRADE = "regrade", "Scores that changed because a submission was graded again"
    EXTENSION = "extension", "More time or more attempts"
    DEADLINE = "deadline", "Exercises that are due within a day"
    CONNECTION = "connection", "Webhooks of your courses that were disabled"


# Nobody can switch these off: without them, people lose their accounts.
ALWAYS = frozenset({MailKind.SECURITY, MailKind.INVITATION})


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds with their names. A function, so that a new kind needs no migration."""
    return MailKind.choices


class MailState(models.TextChoices):
    """The states of a mail."""

    PENDING = PENDING, "Waiting"
    SENT = "sent", "Sent"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Given up"
    CANCELLED = "cancelled", "Not sent any more"


class Letter(models.Model):
    """Text and HTML, sealed (`server.mail.sealing`). `stops` are the kinds that its unsubscribe link switches off."""

    content = models.TextField()
    stops: models.JSONField = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"letter {self.pk}"


class Mail(OutboxRow):
    """An e-mail to one person. Without a letter, its text is written when it is sent (`server.mail.services.writes`).

    `course` is the course that it is about. `error` is what the mail server answered last. The key is a part of the
    Message-ID, so copies can be recognized.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=kind_choices)
    # What a person waits for leaves first (0), before thousands of announcements (1).
    rank = models.PositiveSmallIntegerField(default=1)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="mails")
    address = models.CharField(max_length=254)
    course = models.ForeignKey("courses.Course", models.CASCADE, null=True, related_name="mails")
    subject = models.CharField(max_length=200)
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="mails")
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.PENDING)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["rank", "due_at"], name="mails_due", condition=Q(state="pending")),
            models.Index(fields=["state", "finished_at"], name="mails_ended", condition=~Q(state="pending")),
            models.Index(fields=["recipient", "-id"], name="mails_of_a_person"),
            models.Index(fields=["course", "kind", "-id"], name="mails_of_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient_id}: {self.state}"


class SwitchedOff(models.Model):
    """A kind of mail that a person does not get."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_switched_off")
    kind = models.CharField(max_length=20, choices=kind_choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="mail_switched_off_once")]

    def __str__(self) -> str:
        return f"{self.user_id} gets no {self.kind}"


class MailServer(models.Model):
    """The state of sending: nobody else sends before `busy_until`. `failures` counts the failures in a row.

    `error` is what the last of them was.
    """

    busy_until = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, default="", db_default="", blank=True)

    def __str__(self) -> str:
        return f"busy until {self.busy_until:%F %T}"
