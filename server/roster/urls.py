"""URLs of the members of a course."""

from django.urls import path

from server.roster import views

app_name = "roster"
urlpatterns = [
    path("", views.people, name="people"),
    path("add", views.add, name="add"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/role", views.change_role, name="change-role"),
    path("<int:pk>/remove", views.remove, name="remove"),
    path("<int:pk>/restore", views.restore, name="restore"),
    path("import", views.preview, name="import"),
    path("import/confirm", views.confirm, name="confirm"),
]
