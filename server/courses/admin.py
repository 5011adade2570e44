"""Courses and their members in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from server.courses.models import Course, Enrollment


@admin.register(Course)
class CourseAdmin(ModelAdmin):
    """A course. Its members have a list of their own: Django refuses a form with thousands of fields."""

    list_display = ["title", "slug"]
    search_fields = ["title", "slug"]


@admin.register(Enrollment)
class EnrollmentAdmin(ModelAdmin):
    """The members of all courses."""

    list_display = ["user", "course", "role"]
    list_filter = ["role", "course"]
    search_fields = ["user__username", "user__email", "user__first_name", "user__last_name", "user__external_id"]
    autocomplete_fields = ["user", "course"]
    # The page People offers the sections of the course; here, they would be those of all courses.
    exclude = ["section"]
    list_select_related = ["user", "course"]
