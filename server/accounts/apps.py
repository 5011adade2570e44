"""The accounts app."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Checks before the first task that this installation is safe to run."""

    name = "server.accounts"

    def ready(self) -> None:
        """Make the records worker refuse to start for the same reasons as the website."""
        worker_init.connect(_check_start, dispatch_uid="check the start")


def _check_start(**_: Any) -> None:
    from server.accounts import startup  # noqa: PLC0415 models are not loaded before `ready`

    startup.refuse_demo_accounts()
    startup.check_mail()
