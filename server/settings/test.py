"""The test run: a fresh SQLite file (or DATABASE_URL), a queue in memory, quick password hashes, no Redis."""

import os

from server.settings.base import *  # noqa: F403
from server.settings.base import INSTALLED_APPS, VAR
from server.settings.databases import given, sqlite

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
INSTALLED_APPS = [*INSTALLED_APPS, "server.demo"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A file, not memory, so that threads and the write lock behave as in use. Each process has its own database, on a
# server as well.
FILE = VAR / "test" / f"{os.getpid()}.sqlite3"
OWN = given() | {"TEST": {"NAME": f"chainrule_test_{os.getpid()}"}}
DATABASES = {"default": OWN if given() else sqlite(FILE) | {"TEST": {"NAME": str(FILE)}}}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
REDIS_URL = ""
LOGGING = {}
