"""The sources app."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Packages of courses from Git repositories."""

    name = "server.sources"

    def ready(self) -> None:
        """Go on with a source's packages when one of them is verified."""
        from server.packages.signals import verification_ended  # noqa: PLC0415 models can be imported only now
        from server.sources import taking  # noqa: PLC0415

        verification_ended.connect(taking.on_verification, dispatch_uid="sources: verification")
