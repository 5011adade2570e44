"""The accounts app."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Looks, before the first task, whether this installation may run."""

    name = "server.accounts"

    def ready(self) -> None:
        """Have the records worker refuse to start where the website does."""
        worker_init.connect(_refuse_demo_accounts, dispatch_uid="refuse demo accounts")


def _refuse_demo_accounts(**_: Any) -> None:
    from server.accounts.startup import refuse_demo_accounts  # noqa: PLC0415 the models are not ready above

    refuse_demo_accounts()
