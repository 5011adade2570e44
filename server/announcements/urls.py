"""URLs of announcements."""

from django.urls import path

from server.announcements import views

app_name = "announcements"
urlpatterns = [
    path("courses/<slug:slug>/announcements/", views.announcements, name="list"),
    path("courses/<slug:slug>/teach/announcements/", views.sent, name="sent"),
    path("courses/<slug:slug>/teach/announcements/new", views.new, name="new"),
]
