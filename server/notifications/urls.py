"""URLs of mail settings."""

from django.urls import path

from server.notifications import views

app_name = "notifications"
urlpatterns = [
    path("accounts/mail/", views.mail_settings, name="settings"),
    path("mail/stop/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
