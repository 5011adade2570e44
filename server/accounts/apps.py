"""The accounts app."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Checks before the first task that this installation is safe to run."""

    name = "server.accounts"

    def ready(self) -> None:
        """Make the records worker refuse to start for the same reasons as the website."""
        worker_init.connect(_refuse_demo_accounts, dispatch_uid="refuse demo accounts")


def _refuse_demo_accounts(**_: Any) -> None:
    from server.accounts.startup import refuse_demo_accounts  # noqa: PLC0415 models are not loaded before `ready`

    refuse_demo_accounts()
