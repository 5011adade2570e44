"""Assignments in the admin. Grades are not here: instructors change them on their own pages, with a reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from server.common.admin_pages import LargeTableAdmin
from server.gradebook.models import Assignment
from server.gradebook.services import change_terms


@admin.register(Assignment)
class AssignmentAdmin(LargeTableAdmin):
    """An assignment and its terms. The course's page Assignments adds and withdraws them."""

    list_display = ["slug", "course", "points", "due_at", "attempts", "keeps"]
    search_fields = ["slug", "course__slug__exact"]
    autocomplete_fields = ["course"]
    list_select_related = ["course"]

    def get_readonly_fields(self, request: HttpRequest, obj: Assignment | None = None) -> list[str]:
        """Return the exercise, if it is the package of a course: another slug would be no exercise."""
        return ["exercise"] if obj is not None and obj.library else []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can add an assignment here."""
        return False

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        """Change terms as everybody does, so that every grade follows and says why."""
        change_terms(obj, by=request.user, why="The terms were changed in the admin.")  # type: ignore[arg-type]
