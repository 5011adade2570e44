"""Addresses of lessons."""

from django.urls import path

from server.lessons import views

app_name = "lessons"
urlpatterns = [
    path("courses/<slug:course>/lessons/", views.index, name="index"),
    path("courses/<slug:course>/lessons/<slug:slug>/", views.lesson, name="lesson"),
    path("courses/<slug:course>/lessons/<slug:slug>/run", views.start, name="start"),
    path("snippets/<uuid:pk>/", views.run, name="run"),
]
