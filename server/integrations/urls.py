"""URLs of a course's integrations: API tokens and webhooks."""

from django.urls import path

from server.integrations import views

app_name = "integrations"
urlpatterns = [
    path("", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke, name="revoke"),
    path("tokens/<int:pk>/take-over", views.take_over, name="take-over"),
    path("tokens/<int:pk>/replace", views.replace, name="replace"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/<int:pk>/", views.deliveries, name="deliveries"),
    path("webhooks/<int:pk>/secret", views.rotate, name="rotate"),
    path("webhooks/<int:pk>/switch", views.switch, name="switch"),
    path("webhooks/<int:pk>/delete", views.delete, name="delete"),
    path("webhooks/<int:pk>/deliveries/<uuid:delivery>/replay", views.replay, name="replay"),
]
