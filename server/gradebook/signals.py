"""What others may wish to know of a grade, told inside the transaction that changes it."""

from django.dispatch import Signal

# Sent with `change`, a GradeChange whose points or decision differ from before.
grade_changed = Signal()
