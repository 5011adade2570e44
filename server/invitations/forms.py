"""The forms of invitations."""

from django import forms
from django.utils import timezone


class CodeForm(forms.Form):
    """A course code as the user types it."""

    code = forms.CharField(
        label="Course code",
        max_length=40,
        help_text="Ask your instructor for it. It looks like ABCD-EFGH-JKMN.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class InvitationForm(forms.Form):
    """The limits of a new code."""

    places = forms.IntegerField(required=False, min_value=1, max_value=100_000, label="Number of students")
    ends_at = forms.DateTimeField(
        required=False,
        label="Valid until",
        help_text="Leave both fields empty for a code that anybody can use until you withdraw it.",
        widget=forms.DateTimeInput({"type": "datetime-local"}),
    )

    def clean_ends_at(self) -> object:
        """Refuse a moment in the past."""
        ends_at = self.cleaned_data["ends_at"]
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError("This time is in the past.")
        return ends_at
