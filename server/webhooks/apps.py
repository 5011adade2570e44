"""The webhooks app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Records events for the endpoints that receive them."""

    name = "server.webhooks"

    def ready(self) -> None:
        """Connect to the signals of reports and grades, which are sent inside the transactions that write them."""
        from server.gradebook.signals import grade_changed, results_released  # noqa: PLC0415 models can be imported only now
        from server.regrades.signals import regrade_applied  # noqa: PLC0415
        from server.submissions.signals import report_written  # noqa: PLC0415
        from server.webhooks import outbox  # noqa: PLC0415

        results_released.connect(outbox.on_release, dispatch_uid="webhooks: release")
        report_written.connect(outbox.on_report, dispatch_uid="webhooks: report")
        grade_changed.connect(outbox.on_grade, dispatch_uid="webhooks: grade")
        regrade_applied.connect(outbox.on_regrade, dispatch_uid="webhooks: regrade")
