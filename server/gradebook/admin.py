"""Assignments in the admin. Grades are not here: instructors change them on their own pages, with a reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from server.gradebook.models import Assignment
from server.gradebook.services import change_terms


@admin.register(Assignment)
class AssignmentAdmin(ModelAdmin):
    """An assignment and its terms."""

    list_display = ["slug", "course", "points", "due_at", "attempts", "keeps"]
    list_filter = ["course"]

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        """Change terms as everybody does, so that every grade follows and says why."""
        change_terms(obj, by=request.user, why="The terms were changed in the admin.")  # type: ignore[arg-type]
