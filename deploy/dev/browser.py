"""Chromium, as tests, measurements and screenshots drive it. Standard library only."""

import os

# It asks the world for nothing, and may run as root: what it opens is our own.
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_program() -> str:
    """The path of the browser; CHAINRULE_CHROMIUM names another than the machine's."""
    return os.environ.get("CHAINRULE_CHROMIUM", "/usr/bin/chromium")
