"""The invitations app."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Links and codes with which students join a course, and invitations to choose a password."""

    name = "server.invitations"

    def ready(self) -> None:
        """Invite new members who have no password."""
        from django.db.models.signals import post_save  # noqa: PLC0415 models can be imported only now

        from server.courses.models import Enrollment  # noqa: PLC0415
        from server.invitations import passwords  # noqa: PLC0415
        from server.mail.models import MailKind  # noqa: PLC0415
        from server.mail.services import writes  # noqa: PLC0415

        writes(MailKind.INVITATION, passwords.write_invitation)
        post_save.connect(passwords.on_enrolled, sender=Enrollment, dispatch_uid="invitations: new member")
