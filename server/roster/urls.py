"""URLs of the members of a course."""

from django.urls import path

from server.roster import views

app_name = "roster"
urlpatterns = [
    path("", views.people, name="people"),
    path("import", views.preview, name="import"),
    path("import/confirm", views.confirm, name="confirm"),
]
