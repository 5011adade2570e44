"""Signals of submissions, sent inside the transaction that changes one."""

from django.dispatch import Signal

# Sent with `submission`, as saved, and `report`, a Report: a report was written, for the first time or by a regrade.
report_written = Signal()
