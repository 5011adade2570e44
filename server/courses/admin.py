"""Courses in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from server.courses.models import Course, Enrollment


class EnrollmentInline(TabularInline):
    """The people of a course."""

    model = Enrollment
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Course)
class CourseAdmin(ModelAdmin):
    """A course with its people."""

    list_display = ["title", "slug"]
    inlines = [EnrollmentInline]
