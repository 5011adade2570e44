"""Production: secrets and hosts must be given, cookies travel by TLS only, demo accounts are refused."""

from server.settings.base import *  # noqa: F403
from server.settings.base import REDIS_URL, VAR
from server.settings.environment import env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [f"https://{host}" for host in ALLOWED_HOSTS])
REFUSE_DEMO_ACCOUNTS = True

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# Browsers take cookies of such names from this very host and by TLS only: no neighbour can plant one.
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
# How many proxies of ours stand in front: the last so many addresses of X-Forwarded-For are believed, none before them.
# Limits by address would count everybody as one without this.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CHAINRULE_PROXIES", 1)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
# Whether subdomains come along, and whether browsers are told for ever, is for who owns the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
LOGGING = {"style": env.str("CHAINRULE_LOGS", "json")}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = env.path("STATIC_ROOT", VAR / "static")
WHITENOISE_USE_FINDERS = False
