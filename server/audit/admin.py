"""The audit log of all courses, for administrators. It can only be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from server.audit.models import AuditEntry
from server.audit.sentences import sentence


@admin.register(AuditEntry)
class AuditPage(ModelAdmin):
    """Entries, newest first."""

    list_display = ["at", "course", "area", "says", "why", "origin", "token"]
    list_filter = ["area", "origin", "course"]
    search_fields = ["by__username", "about__username", "what"]
    list_select_related = ["by", "about", "course"]
    list_per_page = 50
    # No counts of a table that only grows.
    show_full_result_count = False

    @admin.display(description="what happened")
    def says(self, entry: AuditEntry) -> str:
        """The entry as a sentence."""
        return sentence(entry)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can add an entry."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can change an entry."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can delete an entry."""
        return False
