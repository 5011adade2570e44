"""The web process: `granian --interface asgi server.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.demo")

website = get_asgi_application()

from server.accounts.startup import refuse_demo_accounts  # noqa: E402 the models exist only now
from server.api.body_limits import guarded  # noqa: E402
from server.web.body_limits import bounded  # noqa: E402

refuse_demo_accounts()
application = guarded(bounded(website))
