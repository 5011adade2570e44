"""Mails for people at a console, on the standard error: recipient, subject and text.

Django's own backend prints them on the standard output. So does a management command with its result: a script that
reads a new token from a command would read the mail about that token, too.
"""

import sys
from typing import Any, TextIO

from django.core.mail import EmailMessage
from django.core.mail.backends import console

RULE = "-" * 80


class EmailBackend(console.EmailBackend):
    """Print the text of each mail on the standard error, or on the `stream` that is given."""

    def __init__(self, *args: Any, stream: TextIO | None = None, **options: Any) -> None:
        super().__init__(*args, stream=stream or sys.stderr, **options)

    def write_message(self, message: EmailMessage) -> None:
        """Print a mail without its HTML."""
        to = ", ".join(message.to)
        self.stream.write(f"{RULE}\nTo: {to}\nSubject: {message.subject}\n\n{message.body}\n{RULE}\n")
