"""`manage.py submit`: hand in a file through the API and wait for the result."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from server.api.client import ApiError, Client, Followed

FULL, NOT_FULL, FAILED = 0, 1, 2


class Command(BaseCommand):
    """Hands in a file and prints the findings, for students and CI. Needs only the API's address and a token."""

    help = "Hand in a file and wait for the findings. Exit status: 0 full marks, 1 less, 2 not graded."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--assignment", required=True, metavar="SLUG", help="such as gradients/two-variables")
        parser.add_argument(
            "--course", metavar="SLUG", help="needed if several courses of the token have this assignment"
        )
        parser.add_argument(
            "--user", metavar="ID", help="external_id of the learner: needed unless the token is personal"
        )
        url = os.environ.get("CHAINRULE_URL", "http://127.0.0.1:8000")
        parser.add_argument("--url", default=url, help="default: CHAINRULE_URL, else http://127.0.0.1:8000")
        parser.add_argument("--token", default=os.environ.get("CHAINRULE_TOKEN"), help="default: CHAINRULE_TOKEN")

    def handle(self, *_: Any, **options: Any) -> None:
        """Hand in, print the result, and exit."""
        if not options["token"]:
            raise CommandError("No token: set CHAINRULE_TOKEN; `manage.py apitoken` makes one.", returncode=FAILED)
        try:
            source = options["file"].read_text(encoding="utf-8")
            status = self._run(Client(url=options["url"], token=options["token"]), source, options)
        except ApiError as error:
            asked = "\nName the learner: --user ID." if "/user" in error.pointers and not options["user"] else ""
            raise CommandError(f"{error}{asked}", returncode=FAILED) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error), returncode=FAILED) from None
        sys.exit(status)

    def _run(self, client: Client, source: str, options: dict[str, Any]) -> int:
        assignment = client.find_assignment(options["assignment"], course=options["course"])
        now = client.hand_in(source, assignment=assignment, external_id=options["user"])
        for later in client.follow(now.id):
            self._say(_finding_line(later))
            now = later
        if now.state in {"graded", "ungradable"}:
            self._tell(client.report(now.id))
        return _status(now)

    def _tell(self, report: dict[str, Any]) -> None:
        for finding in report["findings"]:
            self._say(f"{MARKS.get(finding['status'], '·')} {finding['title']}  {_points(finding)}")
            for words in (finding["message"], finding["explanation"], *finding["hints"]):
                if words:
                    self._say(f"    {words}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


MARKS = {"passed": "✓", "failed": "✗"}


def _points(finding: dict[str, Any]) -> str:
    return f"{finding['points']:g}/{finding['max_points']:g}" if finding["max_points"] else ""


def _finding_line(now: Followed) -> str:
    if now.state == "graded":
        return f"graded: {now.given:g} of {now.max:g} points"
    if now.state == "held":
        return "received: results are held back for now"
    if now.state == "running" and now.case:
        return f"running case {now.case} of {now.of}"
    return f"{now.state}, {now.ahead} before it" if now.ahead else now.state


def _status(now: Followed) -> int:
    if now.state == "held":
        return FULL
    if now.state == "graded":
        return FULL if now.given == now.max else NOT_FULL
    return NOT_FULL if now.state == "ungradable" else FAILED
