"""The hints app."""

from django.apps import AppConfig


class HintsConfig(AppConfig):
    """Notes the hints of each report, and what learners do with them."""

    name = "server.hints"

    def ready(self) -> None:
        """Connect to the signal of new reports."""
        from server.hints.services import record_given  # noqa: PLC0415 the models are not ready above
        from server.submissions.signals import report_written  # noqa: PLC0415

        report_written.connect(record_given, dispatch_uid="record given hints")
