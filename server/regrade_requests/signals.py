"""Signals of regrade requests, sent inside the transaction that writes one."""

from django.dispatch import Signal

# Sent with `request`, a RegradeRequest that was answered.
request_answered = Signal()
