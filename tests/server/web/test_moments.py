"""Every time on a page shows its zone."""

import re
from pathlib import Path

# A format of Django's with hours; "c" is for machines.
HOURS = re.compile(r"""\|\s*(?:date|time):\s*["'][^"']*[GHgh]:""")


def test_templates_show_times_with_the_filter_that_names_the_zone():
    found = [
        f"{path}: {line.strip()}"
        for path in Path("server").rglob("*")
        if path.suffix in {".html", ".txt"} and "templates" in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if HOURS.search(line)
    ]

    assert found == []


def test_the_server_formats_no_hours_without_a_zone():
    hours = re.compile(r"%H:%M(?!.*(?:%Z|zone_word|zone|UTC))")
    found = [
        f"{path}: {line.strip()}"
        for path in Path("server").rglob("*.py")
        if path.name not in {"local_times.py", "moment_fields.py"}
        for line in path.read_text(encoding="utf-8").splitlines()
        if hours.search(line)
    ]

    assert found == []
