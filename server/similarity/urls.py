"""URLs of comparisons."""

from django.urls import path

from server.similarity import views

app_name = "similarity"
urlpatterns = [
    path("", views.index, name="list"),
    path("start", views.start, name="start"),
    path("<int:pk>/", views.detail, name="detail"),
    path("pairs/<int:pk>/", views.pair, name="pair"),
]
