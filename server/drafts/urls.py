"""Addresses of drafts."""

from django.urls import path

import server.submissions.urls  # noqa: F401 brings the converter `assignment`
from server.drafts import views

app_name = "drafts"
urlpatterns = [path("courses/<slug:course>/exercises/<assignment:slug>/draft", views.save, name="save")]
