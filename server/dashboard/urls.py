"""Addresses of the instructor's pages."""

from django.urls import path

import server.submissions.urls  # noqa: F401 brings the converter `assignment`
from server.dashboard.views import (
    assignments,
    audit,
    errors,
    gradebook,
    grades,
    more_time,
    overview,
    releases,
    sources,
    totals,
)

app_name = "dashboard"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("workers", overview.workers, name="workers"),
    path("errors/", errors.errors, name="errors"),
    path("errors/grade-again", errors.grade_again, name="grade-again"),
    path("exercises/", overview.exercises, name="exercises"),
    path("exercises/<assignment:exercise>/", overview.exercise, name="exercise"),
    path("gradebook/", gradebook.gradebook, name="gradebook"),
    path("gradebook/export/<slug:form>", gradebook.export, name="export"),
    path("gradebook/total/", totals.total, name="total"),
    path("sources/", sources.sources, name="sources"),
    path("sources/download", sources.source_file, name="source-file"),
    path("changes/", gradebook.changes, name="changes"),
    path("log/", audit.audit, name="audit"),
    path("log.csv", audit.audit_file, name="audit-file"),
    path("changes/<int:pk>/undo", grades.undo, name="undo"),
    path("students/<int:pk>/", gradebook.student, name="student"),
    path("grades/<int:assignment>/<int:learner>/", grades.grade, name="grade"),
    path("grades/<int:assignment>/<int:learner>/<slug:what>", grades.decide, name="decide"),
    path("submissions/<uuid:pk>/", grades.submission, name="submission"),
    path("more-time/", more_time.more_time, name="more-time"),
    path("assignments/", assignments.assignments, name="assignments"),
    path("assignments/hints", assignments.hints, name="hints"),
    path("assignments/release", releases.release_all, name="release-all"),
    path("assignments/<int:pk>/release", releases.release_one, name="release"),
    path("assignments/new", assignments.new, name="new-assignment"),
    path("assignments/<int:pk>/version", assignments.version, name="version"),
    path("assignments/<int:pk>/withdraw", assignments.withdraw, name="withdraw"),
    path("assignments/<int:pk>/", assignments.assignment, name="assignment"),
    path("assignments/<int:pk>/analytics", assignments.analytics, name="analytics"),
]
