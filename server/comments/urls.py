"""URLs of comments."""

from django.urls import path

from server.comments import views

app_name = "comments"
urlpatterns = [
    path("submissions/<uuid:pk>/comments/", views.write, name="write"),
    path("comments/<int:pk>/edit", views.edit, name="edit"),
    path("comments/<int:pk>/delete", views.delete, name="delete"),
    path("courses/<slug:slug>/teach/comments/", views.inbox, name="inbox"),
    path("courses/<slug:slug>/teach/comments/read", views.read_all, name="read-all"),
    path("courses/<slug:slug>/teach/comments/saved/", views.saved, name="saved"),
    path("courses/<slug:slug>/teach/comments/saved/<int:pk>/forget", views.forget, name="forget"),
]
