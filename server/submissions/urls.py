"""Addresses of exercises and submissions."""

from django.urls import path, register_converter

from server.submissions import compare_views, views


class AssignmentSlug:
    """`unit/name` in an address."""

    regex = "[a-z0-9-]+/[a-z0-9-]+"

    def to_python(self, value: str) -> str:
        """Return the slug as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return the slug as it is."""
        return value


register_converter(AssignmentSlug, "assignment")

app_name = "submissions"
urlpatterns = [
    path("courses/<slug:course>/exercises/<assignment:slug>/", views.exercise, name="exercise"),
    path("courses/<slug:course>/exercises/<assignment:slug>/submit", views.submit, name="submit"),
    path("courses/<slug:course>/exercises/<assignment:slug>/check", views.test_run, name="check"),
    path("courses/<slug:course>/exercises/<assignment:slug>/file", views.read_file, name="file"),
    path("courses/<slug:course>/exercises/<assignment:slug>/history", views.history, name="history"),
    path("courses/<slug:course>/exercises/<assignment:slug>/compare", compare_views.compare, name="compare"),
    path("submissions/<uuid:pk>/", views.detail, name="detail"),
    path("submissions/<uuid:pk>/result", views.result, name="result"),
    path("submissions/<uuid:pk>/state", views.state, name="state"),
    path("submissions/<uuid:pk>/events", views.events, name="events"),
    path("submissions/<uuid:pk>/cancel", views.cancel, name="cancel"),
    path("submissions/<uuid:pk>/figures/<slug:name>.png", views.figure, name="figure"),
    path("submissions/<uuid:pk>/source.py", views.download, name="source"),
]
