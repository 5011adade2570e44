"""What the web process holds in memory."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
import server.asgi
print([name for name in ("torch", "safetensors", "matplotlib") if name in sys.modules])
"""


def test_the_web_process_imports_no_torch():
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "server.settings.test"}
    command = [sys.executable, "-c", PROGRAM]

    result = subprocess.run(
        command, env=env, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=120
    )

    assert result.stdout.strip() == "[]"
