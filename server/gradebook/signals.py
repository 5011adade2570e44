"""Signals of grades, sent inside the transaction that changes one."""

from django.dispatch import Signal

# Sent with `change`, a GradeChange whose points or decision differ from before.
grade_changed = Signal()

# Sent with `assignment`: its results were held back, and learners can see them from now on.
results_released = Signal()
# Sent if a learner gets additional time in every assignment, with `course`, `learner`, `more` (a MoreTime) and `by`.
accommodated = Signal()
