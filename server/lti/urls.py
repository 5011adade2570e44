"""URLs that platforms know. They are part of every registration and never change."""

from django.urls import path

from server.lti.views import launch

app_name = "lti"
urlpatterns = [
    path("login", launch.begin, name="login"),
    path("go", launch.go, name="go"),
    path("window", launch.window, name="window"),
    path("enter", launch.enter, name="enter"),
    path("teach", launch.teach, name="teach"),
    path("launch", launch.launch, name="launch"),
    path("deep-link", launch.launch, name="deep-link"),
    path("pick/<str:token>", launch.pick, name="pick"),
    path("jwks", launch.jwks, name="jwks"),
    path("register", launch.register, name="register"),
]
