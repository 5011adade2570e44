"""What probes ask: no sign-in, no session, no host name, and nothing secret in the answers.

/healthz    this process lives: whoever asks gets an answer, whatever else is away
/readyz     database and broker answer, and the database is as this version needs it; 503 and what is wrong if not
/metrics    numbers for Prometheus, for whoever knows CHAINRULE_METRICS_TOKEN; nothing is there where it is not set
"""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from grader.telemetry.metrics import registry
from server.observability.numbers import Numbers
from server.observability.readiness import troubles


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process lives."""
    return _unkept(HttpResponse("alive\n", content_type="text/plain"))


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process can do its work, and what keeps it from that."""
    wrong = troubles()
    return _unkept(JsonResponse({"ready": not wrong, "troubles": wrong}, status=503 if wrong else 200))


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell the numbers of all processes of this website, and what database and broker tell of the whole."""
    token = settings.METRICS_TOKEN
    if not token:
        return _unkept(HttpResponse("Set CHAINRULE_METRICS_TOKEN to have numbers here.\n", status=404))
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return _unkept(HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}))
    return _unkept(HttpResponse(generate_latest(registry(Numbers())), content_type=CONTENT_TYPE_LATEST))


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


# Answered by the middleware, ahead of redirects to TLS and of the check of host names: probes know neither.
PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
