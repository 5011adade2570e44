"""Chromium for tests, measurements and screenshots. Standard library only."""

import os

# No requests to the internet. It can run as root, because it opens only our own pages.
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_program() -> str:
    """The path of the browser: the machine's, or CHAINRULE_CHROMIUM if that is set."""
    return os.environ.get("CHAINRULE_CHROMIUM", "/usr/bin/chromium")
