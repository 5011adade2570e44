"""Addresses of the pages that make a course."""

from django.urls import path

from server.course_setup.views import courses

app_name = "course_setup"
TEACH = "courses/<slug:slug>/teach/"
urlpatterns = [
    path("new-course/", courses.new, name="new"),
    path(f"{TEACH}settings/", courses.settings, name="settings"),
    path(f"{TEACH}settings/archive", courses.archive, name="archive"),
    path(f"{TEACH}settings/reopen", courses.reopen, name="reopen"),
]
