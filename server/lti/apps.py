"""The LTI app."""

from django.apps import AppConfig


class LtiConfig(AppConfig):
    """Records changes of grades for the platforms."""

    name = "server.lti"
    verbose_name = "LTI"

    def ready(self) -> None:
        """Connect to the signals of grades and assignments, which are sent inside the transactions that write them."""
        from django.db.models.signals import post_save  # noqa: PLC0415 models can be imported only now

        from server.gradebook.models import Assignment  # noqa: PLC0415
        from server.gradebook.signals import grade_changed, results_released  # noqa: PLC0415
        from server.lti.grades import outbox  # noqa: PLC0415

        grade_changed.connect(outbox.on_grade, dispatch_uid="lti: grade")
        results_released.connect(outbox.on_release, dispatch_uid="lti: release")
        post_save.connect(outbox.on_assignment, sender=Assignment, dispatch_uid="lti: terms")
