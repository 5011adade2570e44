"""Addresses of hints."""

from django.urls import path

from server.hints import views

app_name = "hints"
urlpatterns = [
    path("submissions/<uuid:pk>/edit", views.edit, name="edit"),
    path("submissions/<uuid:pk>/hints/open", views.open_level, name="open"),
    path("submissions/<uuid:pk>/hints/did-not-help", views.did_not_help, name="did-not-help"),
]
