"""The form by which an instructor picks exercises."""

from typing import Any

from django import forms

from server.courses.models import Course
from server.gradebook.models import Assignment


class PickForm(forms.Form):
    """Which exercises become activities in the LMS course: one, or several where the platform takes them."""

    def __init__(self, *args: Any, course: Course | None, multiple: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = Assignment.objects.filter(course=course)
        said = {"required": "Pick an exercise."}
        field = (
            forms.ModelMultipleChoiceField(choices, widget=forms.CheckboxSelectMultiple, error_messages=said)
            if multiple
            else forms.ModelChoiceField(choices, widget=forms.RadioSelect, empty_label=None, error_messages=said)
        )
        field.label_from_instance = lambda obj: obj.title  # type: ignore[method-assign]
        self.fields["assignments"] = field

    @property
    def chosen(self) -> list[Assignment]:
        """The exercises that were picked."""
        said = self.cleaned_data["assignments"]
        return [said] if isinstance(said, Assignment) else list(said)
