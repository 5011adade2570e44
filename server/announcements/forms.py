"""The form of an announcement."""

import uuid
from typing import Any

from django import forms

from server.courses.models import Course, Section

LONGEST = 10_000


class AnnouncementForm(forms.Form):
    """Section, subject and body. `form` makes sure that a form that arrives twice sends once."""

    form = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    section = forms.ModelChoiceField(Section.objects.none(), label="To", required=False, empty_label="The whole course")
    subject = forms.CharField(label="Subject", max_length=120)
    body = forms.CharField(
        label="Text",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 10}),
        help_text="Markdown: **bold**, lists, [links](https://...), code. Formulas ($x^2$) show on the page only.",
    )

    def __init__(self, course: Course, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["section"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = course.sections.all()
        if not course.sections.exists():
            del self.fields["section"]

    def clean(self) -> dict[str, Any]:
        """Refuse characters that no database stores."""
        data = super().clean() or {}
        if any("\0" in str(value) for value in data.values()):
            raise forms.ValidationError("The text has a character that cannot be stored (code 0). Remove it.")
        return data
