"""The audit log of all courses, for administrators. It can only be read."""

from django.contrib import admin

from server.audit.models import AuditEntry
from server.audit.sentences import sentence
from server.common.admin_pages import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditPage(ReadOnlyAdmin):
    """Entries, newest first."""

    list_display = ["at", "course", "area", "says", "why", "origin", "token"]
    list_filter = ["area", "origin"]
    search_fields = ["by__username__exact", "about__username__exact", "course__slug__exact"]
    search_help_text = "The user name of who did it or of the person that it is about, or a course's name in the URL."
    list_select_related = ["by", "about", "course"]

    @admin.display(description="what happened")
    def says(self, entry: AuditEntry) -> str:
        """The entry as a sentence."""
        return sentence(entry)
