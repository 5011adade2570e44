"""Sent inside the transaction that writes what it tells."""

from django.dispatch import Signal

# A verification ended. `verification` is the PackageVerification.
verification_ended = Signal()
