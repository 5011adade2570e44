"""Signals of submissions, sent inside the transaction that changes one."""

from django.dispatch import Signal

# Sent with `submission`, as saved, and `report`, a Report: a report was written. `is_first` is false if a regrade
# replaced an earlier report.
report_written = Signal()
