"""URLs of merging. They stand beside those of the people of a course."""

from django.urls import path

from server.merging import views

app_name = "merging"
urlpatterns = [
    path("<int:pk>/merge", views.choose, name="choose"),
    path("<int:pk>/merge/<int:gone>/", views.preview, name="preview"),
    path("<int:pk>/merge/<int:gone>/confirm", views.confirm, name="confirm"),
]
