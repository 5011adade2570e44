"""The submissions app."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Submissions. The versions of packages that graded them are kept."""

    name = "server.submissions"

    def ready(self) -> None:
        """Say which versions are needed."""
        from server.packages.garbage import USES  # noqa: PLC0415 models can be imported only now
        from server.submissions.models import graded_by  # noqa: PLC0415

        USES.append(graded_by)
