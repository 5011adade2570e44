"""Probes: they need no sign-in, no session and no host name, and their responses contain nothing secret.

/healthz    this process is alive, even if everything else is away
/readyz     database and broker answer and all migrations are applied; if not, 503 and what is wrong; the version
/metrics    metrics for Prometheus, if the request has CHAINRULE_METRICS_TOKEN; 404 if that is not set
"""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from grader import VERSION
from grader.telemetry.metrics import registry
from server.observability.gauges import Gauges
from server.observability.readiness import troubles


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Report that this process is alive."""
    return _not_stored(HttpResponse("alive\n", content_type="text/plain"))


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Report whether this process can do its work, and if not, what is wrong."""
    wrong = troubles()
    return _not_stored(
        JsonResponse({"ready": not wrong, "troubles": wrong, "version": VERSION}, status=503 if wrong else 200)
    )


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Report the metrics of all processes of this website, and those read from database and broker."""
    token = settings.METRICS_TOKEN
    if not token:
        return _not_stored(HttpResponse("Set CHAINRULE_METRICS_TOKEN to get metrics here.\n", status=404))
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return _not_stored(HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}))
    return _not_stored(HttpResponse(generate_latest(registry(Gauges())), content_type=CONTENT_TYPE_LATEST))


def _not_stored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


# The middleware answers these before it redirects to TLS or checks the host name: probes have neither.
PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
