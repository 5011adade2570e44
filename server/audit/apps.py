"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Records roles and changes on the administration pages, in the transactions that write them."""

    name = "server.audit"

    def ready(self) -> None:
        """Connect to the signals of the models."""
        from django.contrib.admin.models import LogEntry  # noqa: PLC0415 models can be imported only now
        from django.db.models.signals import post_delete, post_save, pre_save  # noqa: PLC0415

        from server.audit import receivers  # noqa: PLC0415
        from server.courses.models import Enrollment  # noqa: PLC0415

        pre_save.connect(receivers.remember_role, sender=Enrollment, dispatch_uid="audit: former role")
        post_save.connect(receivers.record_role, sender=Enrollment, dispatch_uid="audit: role")
        post_delete.connect(receivers.record_removal, sender=Enrollment, dispatch_uid="audit: removal")
        post_save.connect(receivers.record_admin, sender=LogEntry, dispatch_uid="audit: administration")
