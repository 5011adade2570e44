"""The regrades app."""

from django.apps import AppConfig


class RegradesConfig(AppConfig):
    """Regrades. The versions of packages before and after them are kept."""

    name = "server.regrades"

    def ready(self) -> None:
        """Say which versions are needed."""
        from server.packages.garbage import USES  # noqa: PLC0415 models can be imported only now
        from server.regrades.models import graded_by  # noqa: PLC0415

        USES.append(graded_by)
