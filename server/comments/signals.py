"""Signals of comments, sent inside the transaction that writes one."""

from django.dispatch import Signal

# Sent with `comment`, a Comment.
comment_written = Signal()
