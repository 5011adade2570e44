"""Signals of regrades, sent inside the transaction that changes one."""

from django.dispatch import Signal

# Sent when a regrade is applied, with `regrade` and `changes`, its GradeChanges.
regrade_applied = Signal()
