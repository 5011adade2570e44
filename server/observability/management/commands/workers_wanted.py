"""`manage.py workers_wanted`: the deadline calendar, hour by hour."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from server.common.local_times import in_words
from server.observability.workers_wanted import deadlines, most_wanted

MOST_HOURS = 24 * 14


class Command(BaseCommand):
    """Shows how many grading workers the deadlines of the next hours want, and which deadlines these are."""

    help = "Show how many grading workers the deadlines of the next hours want."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add how far to look ahead."""
        parser.add_argument("--hours", type=int, default=24, help=f"how far to look ahead, at most {MOST_HOURS}")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a line for each hour that wants a worker, and one for each deadline."""
        now, hours = timezone.now(), min(max(options["hours"], 1), MOST_HOURS)
        found = deadlines(now, now + timedelta(hours=hours))
        for number in range(hours):
            begin = now + timedelta(hours=number)
            wanted = most_wanted(found, begin, begin + timedelta(hours=1))
            if any(wanted.values()):
                words = ", ".join(f"{count} {runtime}" for runtime, count in wanted.items() if count)
                self.stdout.write(f"{in_words(begin)}  {words}")
        for one in found:
            cost = f"{sum(one.curve.each):.1f} submissions each, {one.seconds:.1f} s each"
            self.stdout.write(f"{one.course} {one.slug}: due {in_words(one.due_at)}, {one.students} students, {cost}")
        if not found:
            self.stdout.write("No deadline is near.")
