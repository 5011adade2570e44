"""The demo's settings, with e-mails to a real SMTP server: the one at the port DEMO_MAIL_PORT of this machine."""

import os

from server.settings.demo import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["DEMO_MAIL_PORT"])
