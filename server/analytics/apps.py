"""The analytics app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Records failed checks each time a report is written.

    `label` stays the app's first name, so that its tables and migrations keep theirs.
    """

    name = "server.analytics"
    label = "insights"

    def ready(self) -> None:
        """Connect to the signal of new reports."""
        from server.analytics.services import record_failed_checks  # noqa: PLC0415 the models are not ready above
        from server.submissions.signals import report_written  # noqa: PLC0415

        report_written.connect(record_failed_checks, dispatch_uid="record failed checks")
