"""The LTI app."""

from django.apps import AppConfig


class LtiConfig(AppConfig):
    """Listens to grades, and notes for the LMS what changed."""

    name = "server.lti"
    verbose_name = "LTI"

    def ready(self) -> None:
        """Hear of grades and terms, inside the transactions that write them."""
        from django.db.models.signals import post_save  # noqa: PLC0415 the models are not ready above

        from server.gradebook.models import Assignment  # noqa: PLC0415
        from server.gradebook.signals import grade_changed  # noqa: PLC0415
        from server.lti.grades import outbox  # noqa: PLC0415

        grade_changed.connect(outbox.on_grade, dispatch_uid="lti: grade")
        post_save.connect(outbox.on_terms, sender=Assignment, dispatch_uid="lti: terms")
