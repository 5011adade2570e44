"""Addresses of the pages that make a course."""

from django.urls import path

from server.course_setup.views import assignments, copies, courses

app_name = "course_setup"
TEACH = "courses/<slug:slug>/teach/"
urlpatterns = [
    path("new-course/", courses.new, name="new"),
    path(f"{TEACH}settings/", courses.settings, name="settings"),
    path(f"{TEACH}settings/archive", courses.archive, name="archive"),
    path(f"{TEACH}settings/reopen", courses.reopen, name="reopen"),
    path(f"{TEACH}settings/copy/", copies.copy, name="copy"),
    path(f"{TEACH}assignments/set/", assignments.set_assignments, name="set"),
    path(f"{TEACH}assignments/publish", assignments.publish, name="publish"),
    path(f"{TEACH}assignments/edit/", assignments.edit, name="edit"),
]
