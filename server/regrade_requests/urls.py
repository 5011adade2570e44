"""URLs of regrade requests."""

from django.urls import path

from server.regrade_requests import views

app_name = "regrade_requests"
urlpatterns = [
    path("submissions/<uuid:pk>/regrade-request", views.ask, name="ask"),
    path("courses/<slug:slug>/teach/regrade-requests/", views.inbox, name="inbox"),
    path("courses/<slug:slug>/teach/regrade-requests/<int:pk>/", views.detail, name="detail"),
]
