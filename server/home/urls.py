"""URLs of the learner's pages of a course; the namespace stays `courses`."""

from django.urls import path

from server.home import views

app_name = "courses"
urlpatterns = [
    path("", views.index, name="index"),
    path("courses/<slug:slug>/", views.home, name="home"),
    path("courses/<slug:slug>/grades/", views.grades, name="grades"),
]
