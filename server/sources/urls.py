"""URLs of a course's Git sources."""

from django.urls import path

from server.sources import views

app_name = "sources"
urlpatterns = [
    path("courses/<slug:slug>/teach/integrations/git/", views.sources, name="sources"),
    path("courses/<slug:slug>/teach/integrations/git/<int:pk>/fetch", views.fetch, name="fetch"),
    path("courses/<slug:slug>/teach/integrations/git/<int:pk>/secret", views.renew, name="secret"),
    path("courses/<slug:slug>/teach/integrations/git/<int:pk>/publishing", views.publishing, name="publishing"),
    path("courses/<slug:slug>/teach/integrations/git/<int:pk>/host-key", views.forget, name="host-key"),
    path("courses/<slug:slug>/teach/integrations/git/<int:pk>/remove", views.remove, name="remove"),
    path(
        "courses/<slug:slug>/teach/integrations/git/<int:pk>/packages/<int:row>/publish", views.publish, name="publish"
    ),
    path("sources/<uuid:key>/push", views.push, name="push"),
]
