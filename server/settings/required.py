"""Every process names its settings. There is no default: a forgotten variable must not start the demo in production."""

import os
import sys

MISSING = (
    "DJANGO_SETTINGS_MODULE is not set. Set it to server.settings.production (in use), server.settings.demo (to try "
    "Chainrule on this machine) or server.settings.test (tests)."
)


def require_settings() -> None:
    """Exit with a sentence that says what to set if DJANGO_SETTINGS_MODULE is missing or empty."""
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        sys.exit(MISSING)
