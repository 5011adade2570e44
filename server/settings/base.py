"""Settings of every installation. Addresses and secrets come from the environment: docs/operator/settings.md."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from grader.packages.archives import MAX_ARCHIVE
from server.settings.databases import given, sqlite
from server.settings.environment import env

ROOT = Path(__file__).parents[2]
VAR = env.path("CHAINRULE_VAR", ROOT / "var")

INSTALLED_APPS = [
    "server.accounts",
    "server.mail",
    "server.api",
    "server.courses",
    "server.audit",
    "server.home",
    "server.packages",
    "server.sources",
    "server.gradebook",
    "server.submissions",
    "server.drafts",
    "server.lessons",
    "server.announcements",
    "server.invitations",
    "server.notifications",
    "server.analytics",
    "server.comments",
    "server.hints",
    "server.calendars",
    "server.course_setup",
    "server.dashboard",
    "server.regrades",
    "server.regrade_requests",
    "server.similarity",
    "server.studio",
    "server.roster",
    "server.merging",
    "server.integrations",
    "server.lti",
    "server.observability",
    "server.privacy",
    "server.administration",
    "server.web",
    "server.webhooks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "ninja",
    "rules.apps.AutodiscoverRulesConfig",
    "csp",
    "unfold",  # before the admin, whose templates it brings
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Handles everything under /api/, which has no sessions, cookies or pages.
    "server.api.middleware.api_middleware",
    # Answers probes; gives each request of a page an id, a log line and metrics.
    "server.observability.requests.observability",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "server.web.caching.NoStore",
    "csp.middleware.CSPMiddleware",
    "server.web.policy.AdminPolicy",
    # Gives pages in an LMS's frame their own cookies, and decides which sites can frame them.
    "server.lti.launch.embedding.Embedding",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page needs a sign-in unless its view is marked.
    "server.accounts.sessions.SignInRequired",
    # Leads from a course's former addresses to the present ones.
    "server.course_setup.former_addresses.FormerAddress",
    "server.courses.zones.ReadersZone",
    # Shows a launch as a student's if the LMS says so.
    "server.lti.launch.student_view.StudentView",
    # Tells the audit log who acts.
    "server.audit.middleware.ActingUser",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "server.urls"
ASGI_APPLICATION = "server.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps, so that these templates replace allauth's.
        "DIRS": [ROOT / "server" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "server.accounts.backends.AuthenticationBackend",
    # Nobody signs in by it, but sessions from before an upgrade name it.
    "allauth.account.auth_backends.AuthenticationBackend",
]
# New hashes are made by the first. The others are for hashes from before, which are replaced when their people sign in.
PASSWORD_HASHERS = [
    "server.accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "server.invitations.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "server.accounts.forms.LoginForm",
    "reset_password": "server.accounts.forms.ResetPasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "optional"
# A reset for an unknown address sends nothing: there is no open sign-up to which a mail could invite.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
SENDS_MAIL = True
# Sent mails are deleted after so many days; their texts at once.
MAIL_KEPT_DAYS = env.int("CHAINRULE_MAIL_KEPT_DAYS", 30)
# News of a course that come within so many seconds reach a person as one mail.
MAIL_BATCH_SECONDS = env.int("CHAINRULE_MAIL_BATCH_SECONDS", 300)
# The link of an invitation sets a password for so many days.
INVITATION_DAYS = env.int("CHAINRULE_INVITATION_DAYS", 14)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Chainrule: "
# People get a mail if their password, addresses or second factor change.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
# A whole lecture hall can sign in or sign up from one address within a minute, and some people mistype. The limit per
# key guards an account: five wrong passwords, or wrong codes of a second factor, in five minutes. The limits of
# password resets and of changes to an account are allauth's.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/m/ip,5/5m/key", "signup": "300/m/ip"}

# The administration pages open only for people with a second factor.
ADMIN_SECOND_FACTOR = env.bool("CHAINRULE_ADMIN_SECOND_FACTOR", False)

# Courses

# Who can make a course: "instructors" (everybody who is instructor of a course), "nobody", or user names with commas
# between them. Administrators always can.
COURSE_MAKERS = env.str("CHAINRULE_COURSE_MAKERS", "instructors")
# The courses that one person can make within a year; administrators can make more.
COURSES_PER_YEAR = env.int("CHAINRULE_COURSES_PER_YEAR", 20)
# Requests of one calendar feed. A calendar asks a few times a day.
CALENDAR_REQUESTS_PER_MINUTE = 20

# Packages: exercises and lessons of courses

PACKAGES_PER_COURSE = env.int("CHAINRULE_PACKAGES_PER_COURSE", 200)
PACKAGE_ARCHIVE_MAX_BYTES = MAX_ARCHIVE
# Files that are edited, and versions, of all packages of a course (MiB).
PACKAGE_MB_PER_COURSE = env.int("CHAINRULE_PACKAGE_MB_PER_COURSE", 64)
# Versions of a package that nobody used; older ones are deleted.
PACKAGE_VERSIONS_KEPT = env.int("CHAINRULE_PACKAGE_VERSIONS_KEPT", 50)
# Runs of files that an author can start within a minute, and verifications of a course that can wait.
PACKAGE_RUNS_PER_MINUTE = 20
VERIFICATIONS_AT_ONCE = 5

# Storage

DATABASES = {"default": given() or sqlite(VAR / "chainrule.sqlite3")}
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Two weeks if the person chose to stay signed in; otherwise a session ends with the browser.
SESSION_COOKIE_AGE = 14 * 86_400
# Forms hold the token, so no script needs the cookie.
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "server.accounts.sessions.csrf_failure"
# Limits of a body without files and of a form's parts. NOTEBOOK_MAX_BYTES below is the limit with files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# For operators

# The bearer token of /metrics; while it is empty, /metrics does not exist.
METRICS_TOKEN = env.str("CHAINRULE_METRICS_TOKEN", "")
# How far ahead `chainrule_workers_wanted` looks (seconds): at least the time that a new node needs.
SCALING_AHEAD = env.int("CHAINRULE_SCALING_AHEAD", 300)
# Django calls this function with LOGGING. CHAINRULE_LOGS chooses text or JSON.
LOGGING_CONFIG = "server.observability.logs.configure"
LOGGING: dict[str, Any] = {"style": env.str("CHAINRULE_LOGS", "text")}

# Grading

# A notebook can hold pictures; only its code counts as source.
NOTEBOOK_MAX_BYTES = 8 * 1024 * 1024
# Requests that a website process handles at a time: pages, and pages that can take long. Each holds a connection to the
# database, and more Python threads only wait for each other.
PAGE_THREADS = env.int("CHAINRULE_PAGE_THREADS", 4)
LONG_PAGE_THREADS = 3
# So many requests of each kind can wait in a process; the next gets a 503.
PAGES_LINE = 1_000
# The largest body for a page: a notebook in a form.
PAGE_BODY_MAX_BYTES = NOTEBOOK_MAX_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE
# Test runs of a learner.
CHECKS_PER_MINUTE = 10
# After so many seconds without a report, `reconcile` checks whether a submission was lost: neither in the queue nor
# with a worker. Grading it twice does no harm.
GRADING_LEASE = env.int("CHAINRULE_GRADING_LEASE", 5)
# After so many failures of graders, a submission ends as a grading error.
GRADING_TRIES = 5
# A submission whose job keeps getting lost is sent at most so many times: it could be what kills the workers. The lease
# grows each time.
GRADING_SENDS = 30
# The wait after the first failure of a grader (seconds); it doubles with each failure.
GRADING_BACKOFF = env.int("CHAINRULE_GRADING_BACKOFF", 5)

CELERY_BROKER_URL = REDIS_URL
# Graders put messages into the records queue, and a grader that an attacker controls can put anything there.
CELERY_WORKER_CONSUMER = "grader.messaging.consumer:StrictConsumer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A request waits meanwhile. `reconcile` sends what could not be queued.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_LOST_WAIT = 2
CELERY_TASK_DEFAULT_QUEUE = "records"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Graders use the same broker: the records worker accepts tasks from it, but no control commands.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "submissions.sweep",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 3.0),
        # An expired message is useless: the next one does the same work.
        "options": {"queue": "records", "expires": 10},
    },
    "regrades": {
        "task": "regrades.sweep",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 10.0),
        "options": {"queue": "records", "expires": 10},
    },
    "results held back": {
        "task": "gradebook.release",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 10.0),
        "options": {"queue": "records", "expires": 10},
    },
    # Several times within `worker_presence.LATELY`, so that one late answer does not matter.
    "graders": {
        "task": "submissions.note_graders",
        "schedule": 8.0,
        "options": {"queue": "records", "expires": 8},
    },
    "packages": {"task": "packages.reconcile", "schedule": 60.0, "options": {"queue": "records", "expires": 60}},
    "old versions of packages": {
        "task": "packages.collect_garbage",
        "schedule": 3600.0,
        "options": {"queue": "records", "expires": 600},
    },
    "Git sources": {"task": "sources.poll", "schedule": 60.0, "options": {"queue": "records", "expires": 60}},
    "similarity": {"task": "similarity.sweep", "schedule": 60.0, "options": {"queue": "records", "expires": 60}},
    "webhooks": {
        "task": "webhooks.sweep",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 10.0),
        "options": {"queue": "records", "expires": 10},
    },
    "scores for LMSs": {
        "task": "lti.sweep",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 10.0),
        "options": {"queue": "records", "expires": 10},
    },
    "rosters of LMSs": {"task": "lti.rosters", "schedule": 600.0, "options": {"queue": "records", "expires": 600}},
    "forget old logins": {"task": "lti.tidy", "schedule": 3600.0, "options": {"queue": "records", "expires": 600}},
    "forget old snippets": {
        "task": "lessons.forget",
        "schedule": 3600.0,
        "options": {"queue": "records", "expires": 600},
    },
    "forget old answers": {"task": "api.forget", "schedule": 3600.0, "options": {"queue": "records", "expires": 600}},
    "mail": {
        "task": "mail.sweep",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 10.0),
        "options": {"queue": "records", "expires": 10},
    },
    "news for people": {
        "task": "notifications.collect",
        "schedule": env.float("CHAINRULE_SWEEP_SECONDS", 20.0),
        "options": {"queue": "records", "expires": 20},
    },
    "deadlines": {"task": "notifications.remind", "schedule": 600.0, "options": {"queue": "records", "expires": 600}},
    "forget old mails": {"task": "mail.forget", "schedule": 86_400.0, "options": {"queue": "records"}},
    # At most a day late; a run that was missed is made up for by the next.
    "delete old data": {"task": "privacy.retain", "schedule": 86_400.0, "options": {"queue": "records"}},
    "forget old events": {"task": "webhooks.forget", "schedule": 86_400.0, "options": {"queue": "records"}},
}

# For other systems

# The public address of the website, for links in webhooks and e-mails.
PUBLIC_URL = env.str("CHAINRULE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# Requests of a token.
API_REQUESTS_PER_MINUTE = env.int("CHAINRULE_API_REQUESTS_PER_MINUTE", 6_000)
# How many requests a process handles at a time, and how many can wait; further ones get 503 with Retry-After.
API_THREADS = env.int("CHAINRULE_API_THREADS", 4)
API_LINE = 200
# Webhooks are sent only to public addresses and over TLS, unless this is true.
WEBHOOKS_ALLOW_PRIVATE = env.bool("CHAINRULE_WEBHOOKS_ALLOW_PRIVATE", False)
# Timeout of connecting and of each read (seconds); the whole answer can take twice that.
WEBHOOKS_TIMEOUT = env.float("CHAINRULE_WEBHOOKS_TIMEOUT", 5.0)
# Packages are read only from Git servers with public addresses, by ssh or over TLS, unless this is true.
SOURCES_ALLOW_PRIVATE = env.bool("CHAINRULE_SOURCES_ALLOW_PRIVATE", False)
# Limits of one fetch: what the server sends (MiB), and the whole of it (seconds).
SOURCES_MB = env.int("CHAINRULE_SOURCES_MB", 64)
SOURCES_SECONDS = env.float("CHAINRULE_SOURCES_SECONDS", 120.0)
# Between two looks at a repository whose server tells of no pushes (seconds).
SOURCES_POLL_SECONDS = env.float("CHAINRULE_SOURCES_POLL_SECONDS", 900.0)
# An LMS must have a public address and TLS, unless this is true: a school's LMS can be in its own network.
LTI_ALLOW_PRIVATE = env.bool("CHAINRULE_LTI_ALLOW_PRIVATE", False)
# Timeout of connecting and of each read (seconds); the whole answer can take twice that.
LTI_TIMEOUT = env.float("CHAINRULE_LTI_TIMEOUT", 10.0)

# How long data is kept, in days; 0 means for ever. docs/operator/data-protection.md explains them.

# Code, outputs and drafts, after a course has ended. Points stay.
KEEP_CODE_DAYS = env.int("CHAINRULE_KEEP_CODE_DAYS", 0)
KEEP_AUDIT_DAYS = env.int("CHAINRULE_KEEP_AUDIT_DAYS", 0)
KEEP_EVENTS_DAYS = env.int("CHAINRULE_KEEP_EVENTS_DAYS", 30)

# Pages

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("CHAINRULE_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

UNFOLD = {
    "SITE_TITLE": "Chainrule",
    "SITE_HEADER": "Chainrule",
    "SITE_SYMBOL": "graph_1",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}favicon.svg"}],
    "SHOW_BACK_BUTTON": True,
    # Shades of the accent color: lightness and chroma at its hue.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .015 272)",
            "100": "oklch(94% .03 272)",
            "200": "oklch(89% .06 272)",
            "300": "oklch(81% .1 272)",
            "400": "oklch(70% .15 272)",
            "500": "oklch(58% .19 272)",
            "600": "oklch(48% .2 272)",
            "700": "oklch(42% .18 272)",
            "800": "oklch(36% .14 272)",
            "900": "oklch(31% .1 272)",
            "950": "oklch(24% .07 272)",
        }
    },
}

# True in production, which does not start while the database has demo accounts, whose passwords are known.
REFUSE_DEMO_ACCOUNTS = False
