"""URLs of calendar feeds."""

from django.urls import path

from server.calendars import views

app_name = "calendars"
urlpatterns = [
    path("accounts/calendar/", views.address, name="address"),
    path("accounts/calendar/renew", views.renew, name="renew"),
    path("accounts/calendar/stop", views.stop, name="stop"),
    path("calendar/<str:key>.ics", views.feed, name="feed"),
]
