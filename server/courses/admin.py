"""Courses and their members in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from server.common.admin_pages import LargeTableAdmin
from server.courses.models import Course, Enrollment


@admin.register(Course)
class CourseAdmin(LargeTableAdmin):
    """A course. Its people have pages of their own, and so has everything else about it.

    Only a course in which nothing has happened can be deleted: one that was made by mistake.
    """

    list_display = ["title", "slug"]
    search_fields = ["title", "slug"]
    # The course's page Settings changes everything else.
    fields = ["title", "slug"]
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The name in the URL of a course that exists: the page Settings keeps former names, so that links work."""
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the course is empty."""
        return obj is not None and not (obj.enrollments.exists() or obj.assignments.exists())


@admin.register(Enrollment)
class EnrollmentAdmin(LargeTableAdmin):
    """The members of all courses. The page People of a course changes and removes them."""

    list_display = ["user", "course", "role"]
    list_filter = ["role"]
    search_fields = ["user__username__exact", "user__external_id__exact", "course__slug__exact"]
    search_help_text = "A user name, an ID, or a course's name in the URL; exactly."
    autocomplete_fields = ["user", "course"]
    # The page People offers the sections of the course; here, they would be those of all courses.
    exclude = ["section"]
    list_select_related = ["user", "course"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can change a membership here: the course would not be locked, and could lose its last instructor."""
        return False
