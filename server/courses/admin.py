"""Courses in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from server.courses.models import Course, Enrollment


class EnrollmentInline(TabularInline):
    """The members of a course."""

    model = Enrollment
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Course)
class CourseAdmin(ModelAdmin):
    """A course with its members."""

    list_display = ["title", "slug"]
    inlines = [EnrollmentInline]
