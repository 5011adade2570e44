"""URLs of the members of a course."""

from django.urls import path

from server.roster import views

app_name = "roster"
urlpatterns = [
    path("", views.people, name="people"),
    path("add", views.add, name="add"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/role", views.change_role, name="change-role"),
    path("<int:pk>/section", views.set_section, name="set-section"),
    path("<int:pk>/limit", views.limit, name="limit"),
    path("<int:pk>/remove", views.remove, name="remove"),
    path("<int:pk>/restore", views.restore, name="restore"),
    path("sections/", views.section_list, name="sections"),
    path("sections/assign", views.assign, name="assign"),
    path("sections/<int:pk>/<slug:how>", views.change_section, name="change-section"),
    path("import", views.preview, name="import"),
    path("import/confirm", views.confirm, name="confirm"),
]
