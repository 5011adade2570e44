"""Addresses of invitations."""

from django.urls import path

from server.invitations import views

app_name = "invitations"
urlpatterns = [
    path("join/", views.join, name="join"),
    path("join/<slug:code>/", views.invited, name="invited"),
    path("invitation/<str:token>/", views.password, name="password"),
    path("courses/<slug:course>/teach/people/invitations", views.people, name="people"),
    path("courses/<slug:course>/teach/people/<int:pk>/invite", views.invite, name="invite"),
    path("courses/<slug:course>/teach/codes/", views.codes, name="codes"),
    path("courses/<slug:course>/teach/codes/<int:pk>/withdraw", views.withdraw, name="withdraw"),
]
