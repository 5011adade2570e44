#!/usr/bin/env python
"""Run Django's management commands; without DJANGO_SETTINGS_MODULE they speak of the demo."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.demo")
    execute_from_command_line(sys.argv)
