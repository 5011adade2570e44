"""The insights app."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Notes failed checks whenever a report is written."""

    name = "server.insights"

    def ready(self) -> None:
        """Listen to reports."""
        from server.insights.services import note  # noqa: PLC0415 the models are not ready above
        from server.submissions.signals import report_written  # noqa: PLC0415

        report_written.connect(note, dispatch_uid="note failed checks")
