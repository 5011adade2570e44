"""What others may wish to know of a submission, told inside the transaction that changes it."""

from django.dispatch import Signal

# Sent with `submission`, as saved, and `report`, a Report: a report was written, for the first time or by a regrade.
report_written = Signal()
