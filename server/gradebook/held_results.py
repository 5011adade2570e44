"""Results that are held back: staff see them, learners see only that their work was received.

Code that shows, sends or exports a score, a line, a hint or a passed check to a learner asks here first. Pages and the
API get submissions that are masked already (`server.submissions.masking`).
"""

from server.courses.roles import Person
from server.gradebook.models import Assignment


def hides_results(person: Person, assignment: Assignment) -> bool:
    """Whether the results of an assignment are held back from a person, as the object in memory says."""
    return assignment.results_held and not person.has_perm("assignments.see_held_results", assignment)


def is_held(assignment: int) -> bool:
    """Whether the results of an assignment are held back now, read from the database.

    For receivers of `grade_changed`: the row of the change holds a lock that keeps a release waiting, so what they read
    stays true until the commit.
    """
    return Assignment.objects.filter(pk=assignment, results_held=True).exists()
