"""URLs of the API. The API's middleware handles everything under /api/, except the documentation page."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from server.api.application import api

_urls = api.urls

for _pattern in _urls[0]:
    if isinstance(_pattern, URLPattern):
        _pattern.callback = login_not_required(_pattern.callback)

urlpatterns = [path("v1/", _urls)]
