"""The table of the audit log."""

from typing import Any

from django.conf import settings
from django.db import models

from server.courses.models import Course


class AuditArea(models.TextChoices):
    """What an entry is about; the filter of the page."""

    GRADES = "grades", "Grades"
    PEOPLE = "people", "People"
    TERMS = "terms", "Assignments"
    PACKAGES = "packages", "Packages"
    TOKENS = "tokens", "API tokens"
    CONNECTIONS = "connections", "Webhooks and LMS"
    COURSE = "course", "Course"
    ADMIN = "admin", "Administration"


class AuditAction(models.TextChoices):
    """What was done. The part before the dot is the area; `sentences` has the words."""

    OVERRIDDEN = "grades.overridden"
    EXEMPTED = "grades.exempted"
    EXTENDED = "grades.extended"
    UNDONE = "grades.undone"
    ACCOMMODATED = "grades.accommodated"
    REGRADE_STARTED = "grades.regrade_started"
    REGRADE_APPLIED = "grades.regrade_applied"
    REGRADE_REVERTED = "grades.regrade_reverted"
    REGRADE_DISCARDED = "grades.regrade_discarded"
    REGRADE_UNDONE = "grades.regrade_undone"
    REGRADE_REQUESTED = "grades.regrade_requested"
    REQUEST_ANSWERED = "grades.request_answered"
    COMMENT_DELETED = "grades.comment_deleted"
    SOURCES_DOWNLOADED = "grades.sources_downloaded"
    ENROLLED = "people.enrolled"
    ROLE_CHANGED = "people.role_changed"
    REMOVED = "people.removed"
    SECTION_ADDED = "people.section_added"
    SECTION_RENAMED = "people.section_renamed"
    SECTION_DELETED = "people.section_deleted"
    SECTION_CHANGED = "people.section_changed"
    LIMITED = "people.limited"
    MERGED = "people.merged"
    DATA_EXPORTED = "people.data_exported"
    ERASED = "people.erased"
    MADE_ANONYMOUS = "people.made_anonymous"
    CODE_MADE = "people.code_made"
    CODE_WITHDRAWN = "people.code_withdrawn"
    ANNOUNCED = "people.announced"
    DETAILS_CHANGED = "people.details_changed"
    DEACTIVATED = "people.deactivated"
    REACTIVATED = "people.reactivated"
    ADMINISTRATOR_MADE = "people.administrator_made"
    ADMINISTRATOR_UNMADE = "people.administrator_unmade"
    PASSWORD_LINK_SENT = "people.password_link_sent"
    FACTOR_REMOVED = "people.factor_removed"
    SIGNED_OUT = "people.signed_out"
    ASSIGNMENT_ADDED = "terms.added"
    ASSIGNMENT_REMOVED = "terms.removed"
    TERMS_CHANGED = "terms.changed"
    PUBLISHED = "terms.published"
    MADE_DRAFT = "terms.made_draft"
    PACKAGE_MADE = "packages.made"
    PACKAGE_DELETED = "packages.deleted"
    VERSION_MADE = "packages.version_made"
    PACKAGE_PUBLISHED = "packages.published"
    PACKAGE_WITHDRAWN = "packages.withdrawn"
    PACKAGE_RESTORED = "packages.restored"
    PACKAGE_SHARED = "packages.shared"
    PACKAGE_UNSHARED = "packages.unshared"
    SOURCE_ADDED = "packages.source_added"
    SOURCE_CHANGED = "packages.source_changed"
    SOURCE_REMOVED = "packages.source_removed"
    TOKEN_MADE = "tokens.made"
    TOKEN_REVOKED = "tokens.revoked"
    TOKEN_TAKEN_OVER = "tokens.taken_over"
    WEBHOOK_ADDED = "connections.webhook_added"
    WEBHOOK_SECRET = "connections.webhook_secret"
    WEBHOOK_ENABLED = "connections.webhook_enabled"
    WEBHOOK_DISABLED = "connections.webhook_disabled"
    WEBHOOK_DELETED = "connections.webhook_deleted"
    PLATFORM_INVITED = "connections.platform_invited"
    PLATFORM_UNINVITED = "connections.platform_uninvited"
    PLATFORM_ADDED = "connections.platform_added"
    PLATFORM_CHANGED = "connections.platform_changed"
    PLATFORM_ENABLED = "connections.platform_enabled"
    PLATFORM_DISABLED = "connections.platform_disabled"
    PLATFORM_DELETED = "connections.platform_deleted"
    DEPLOYMENT_APPROVED = "connections.deployment_approved"
    DEPLOYMENT_CLOSED = "connections.deployment_closed"
    LMS_COURSE_LINKED = "connections.lms_course_linked"
    PLATFORM_SHARED = "connections.platform_shared"
    PLATFORM_UNSHARED = "connections.platform_unshared"
    COLUMN_DISMISSED = "connections.column_dismissed"
    COLUMN_RESTORED = "connections.column_restored"
    COURSE_MADE = "course.made"
    COURSE_COPIED = "course.copied"
    COURSE_CHANGED = "course.changed"
    COURSE_ARCHIVED = "course.archived"
    COURSE_REOPENED = "course.reopened"
    ADMIN_ADDED = "admin.added"
    ADMIN_CHANGED = "admin.changed"
    ADMIN_DELETED = "admin.deleted"
    BACKUP_TESTED = "admin.backup_tested"

    @property
    def area(self) -> AuditArea:
        """What the action is about."""
        return AuditArea(self.value.partition(".")[0])


class Origin(models.TextChoices):
    """The way by which a change came."""

    PAGE = "page", "page"
    API = "api", "API token"
    LMS = "lms", "LMS"
    COMMAND = "command", "command on the server"
    SYSTEM = "system", "system"


class AppendOnly(Exception):
    """A program tried to change or delete an entry of the audit log."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries, which cannot be written in bulk, changed or deleted."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise AppendOnly("The audit log only grows: write with server.audit.services.record.")

    update = delete = bulk_create = bulk_update = _refuse


# Functions, so that a new kind of entry needs no migration: a migration names them and does not repeat their values.
def area_choices() -> list[tuple[str, str]]:
    """Return the areas with their names."""
    return AuditArea.choices


def action_choices() -> list[tuple[str, str]]:
    """Return the kinds of entries with their names."""
    return AuditAction.choices


class AuditEntry(models.Model):
    """One thing that somebody did. Entries are written in the transaction of the change, and never changed.

    `by` is who did it (None: nobody signed in, such as the system or an LMS), `about` the person that it concerns.
    `before`, `after` and `why` are short texts; no secrets and no source code. If an account or a course is deleted,
    its entries stay without it.
    """

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    token = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=12, choices=area_choices)
    action = models.CharField(max_length=40, choices=action_choices)
    course = models.ForeignKey(Course, models.SET_NULL, null=True, related_name="+")
    about = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    what = models.CharField(max_length=200, blank=True)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=300, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["course", "-id"], name="audit_of_a_course"),
            models.Index(fields=["course", "area", "-id"], name="audit_of_an_area"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.what}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the entry. Raises AppendOnly if it exists already."""
        if not self._state.adding:
            raise AppendOnly("An entry of the audit log cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> Any:
        """Raise AppendOnly: entries are kept."""
        raise AppendOnly("An entry of the audit log cannot be deleted.")
