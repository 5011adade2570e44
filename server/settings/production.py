"""Production: secrets and hosts are required, cookies need TLS, demo accounts are refused."""

from grader.messaging import redis_clients
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
# Browsers accept cookies with this prefix only from this host and over TLS: a sibling host cannot set one.
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
# The number of trusted proxies in front: so many addresses at the end of X-Forwarded-For are trusted. With a wrong
# number, limits by address would treat all visitors as one.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CHAINRULE_PROXIES", 1)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
# The owner of the domain must decide about subdomains and the preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Mail. Without a server nothing is sent, and the pages that would send say so.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
# Port 465 speaks TLS from its first byte; on other ports the connection is upgraded, and nothing is sent without TLS.
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", EMAIL_PORT == 465)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"Chainrule <no-reply@{ALLOWED_HOSTS[0]}>")
SENDS_MAIL = bool(EMAIL_HOST)
LOGGING = {"style": env.str("CHAINRULE_LOGS", "json")}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"pool_class": "grader.messaging.redis_clients.CachePool", **redis_clients.TIMES},
    }
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = env.path("STATIC_ROOT", VAR / "static")
WHITENOISE_USE_FINDERS = False
