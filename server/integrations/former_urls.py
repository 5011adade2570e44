"""The former URLs of a course's integrations, in bookmarks and mails: each redirects to the page of today."""

from django.urls import path
from django.views.generic import RedirectView

TODAY = "/courses/%(slug)s/teach/integrations/"

urlpatterns = [
    path("", RedirectView.as_view(url=TODAY, permanent=True, query_string=True)),
    path("<path:rest>", RedirectView.as_view(url=f"{TODAY}%(rest)s", permanent=True, query_string=True)),
]
