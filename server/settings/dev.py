"""`make dev`: the demo with DEBUG, and templates that are read again for every page. Never for production."""

from server.settings.demo import *  # noqa: F403
from server.settings.demo import TEMPLATES

DEBUG = True
# Django keeps templates in memory unless the loaders are named.
LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {name: value for name, value in engine.items() if name != "APP_DIRS"}
    | {"OPTIONS": engine["OPTIONS"] | {"loaders": LOADERS}}
    for engine in TEMPLATES
]
