"""Addresses of regrades."""

from django.urls import path

from server.regrades import views

app_name = "regrades"
urlpatterns = [
    path("", views.index, name="list"),
    path("new", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/progress", views.progress, name="progress"),
    path("<int:pk>/<slug:how>", views.end, name="end"),
]
