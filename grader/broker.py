"""Where the broker is."""

import os
from pathlib import Path


def broker() -> str:
    """Return the broker's URL: what the file says that REDIS_URL_FILE names, else REDIS_URL, else this machine's."""
    file = os.environ.get("REDIS_URL_FILE")
    return Path(file).read_text().strip() if file else os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
