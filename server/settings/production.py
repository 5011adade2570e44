"""Production: secrets and hosts must be given, cookies travel by TLS only, demo accounts are refused."""

from server.settings.base import *  # noqa: F403
from server.settings.base import REDIS_URL, VAR, env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [f"https://{host}" for host in ALLOWED_HOSTS])
REFUSE_DEMO_ACCOUNTS = True

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
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
