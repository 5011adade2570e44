"""The insights app."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Notes failed checks whenever a report is written."""

    name = "server.analytics"

    def ready(self) -> None:
        """Listen to reports."""
        from server.analytics.services import note  # noqa: PLC0415 the models are not ready above
        from server.submissions.signals import report_written  # noqa: PLC0415

        report_written.connect(note, dispatch_uid="note failed checks")
