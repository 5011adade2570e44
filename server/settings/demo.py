"""The demo: one machine, loopback only, accounts whose password is their name."""

from server.settings.base import *  # noqa: F403
from server.settings.base import INSTALLED_APPS, VAR
from server.settings.environment import env
from server.settings.secret import kept_secret

DEBUG = False
SECRET_KEY = kept_secret(VAR / "secret_key")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = [*INSTALLED_APPS, "server.demo"]
EMAIL_BACKEND = "server.common.console_mail.EmailBackend"
PASSWORD_HASHERS = ["server.demo.hashers.QuickHasher"]
# For an LMS on the same machine.
LTI_ALLOW_PRIVATE = env.bool("CHAINRULE_LTI_ALLOW_PRIVATE", True)
