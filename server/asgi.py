"""The web process: `granian --interface asgi server.asgi:application`."""

import django

from grader.telemetry import metrics
from server.settings.required import require_settings
from server.web.open_files import raise_limit

require_settings()
raise_limit()
metrics.share_in_website()
django.setup(set_prefix=False)

from server.accounts.startup import check_mail, refuse_demo_accounts  # noqa: E402 models can be imported only from here on
from server.api.gate import route_api  # noqa: E402
from server.web.body_limits import PAGES, limit_bodies  # noqa: E402
from server.web.lanes import lanes  # noqa: E402
from server.web.serving import PageHandler  # noqa: E402

refuse_demo_accounts()
check_mail()
application = route_api(limit_bodies(PageHandler(lanes()), PAGES))
