"""Starting a regrade."""

from typing import Any

from django import forms

from server.courses.models import Course
from server.gradebook.models import Assignment
from server.regrades.models import RegradeScope

# One submission is graded again from the request about it.
SCOPES = [(scope, scope.label) for scope in RegradeScope if scope is not RegradeScope.ONE]


class _Titles(forms.ModelMultipleChoiceField):
    def label_from_instance(self, assignment: Any) -> str:
        return assignment.title


class StartForm(forms.Form):
    """What to grade again, and why."""

    assignments = _Titles(queryset=Assignment.objects.none(), label="Exercises", widget=forms.CheckboxSelectMultiple)
    scope = forms.ChoiceField(label="Submissions", choices=SCOPES, initial=RegradeScope.ALL)
    why = forms.CharField(label="Reason", max_length=500, help_text="Kept with every grade that changes.")

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignments"].queryset = course.assignments.all()  # type: ignore[attr-defined]
