"""Addresses of the administrators' pages. Everybody else gets a 404."""

from django.urls import path

from server.administration.views import courses, overview, people, server_health

app_name = "administration"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("courses/", courses.all_courses, name="courses"),
    path("people/", people.all_people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/rights/<slug:how>/", people.rights, name="rights"),
    path("people/<int:pk>/<slug:how>", people.change, name="change"),
    path("health/", server_health.show_health, name="health"),
    path("health/test-mail", server_health.send_test_mail, name="test-mail"),
    path("health/backup-tested", server_health.backup_tested, name="backup-tested"),
]
