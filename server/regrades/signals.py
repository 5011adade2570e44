"""What others may wish to know of a regrade, told inside the transaction that changes it."""

from django.dispatch import Signal

# Sent with `regrade` and `changes`, the GradeChanges that came of it, when a regrade is applied.
regrade_applied = Signal()
