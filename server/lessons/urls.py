"""Addresses of lessons."""

from django.urls import path, register_converter

from server.lessons import views


class LessonSlug:
    """The name of a lesson in an address; that of a course's lesson has a dot: `week-1.intro`."""

    regex = r"[a-z0-9-]+(?:\.[a-z0-9-]+)?"

    def to_python(self, value: str) -> str:
        """Return the slug as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return the slug as it is."""
        return value


register_converter(LessonSlug, "lesson")

app_name = "lessons"
urlpatterns = [
    path("courses/<slug:course>/lessons/", views.index, name="index"),
    path("courses/<slug:course>/lessons/<lesson:slug>/", views.lesson, name="lesson"),
    path("courses/<slug:course>/lessons/<lesson:slug>/run", views.start, name="start"),
    path("snippets/<uuid:pk>/", views.run, name="run"),
]
