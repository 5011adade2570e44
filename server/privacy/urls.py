"""Addresses of personal data: a person's own, and anybody's for administrators."""

from django.urls import path

from server.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/download", views.download, name="download"),
    path("<int:pk>/<slug:mode>/", views.erase, name="erase"),
]
