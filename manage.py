#!/usr/bin/env python
"""Run Django's management commands with the settings that DJANGO_SETTINGS_MODULE names."""

import sys

from django.core.management import execute_from_command_line

from server.settings.required import require_settings

if __name__ == "__main__":
    require_settings()
    execute_from_command_line(sys.argv)
