"""Whether the grades in the database agree with the record of their changes."""

from server.gradebook.models import Grade, GradeChange
from server.gradebook.states import BLANK, state_of


def unrecorded(grades=None):
    """Return the grades (by default all) whose points or decision differ from what the record of changes says.

    There are none, unless a test or a program wrote to the database without `server.gradebook.services`.
    """
    found = list(Grade.objects.all() if grades is None else grades)
    changes = GradeChange.objects.filter(assignment__in={grade.assignment_id for grade in found}).order_by("pk")
    recorded = {(change.assignment_id, change.learner_id): change.new for change in changes}
    return [grade for grade in found if state_of(grade) != recorded.get((grade.assignment_id, grade.learner_id), BLANK)]
