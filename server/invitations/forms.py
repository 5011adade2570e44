"""The forms of invitations."""

from django import forms
from django.utils import timezone


class CodeForm(forms.Form):
    """A course code, as somebody types it."""

    code = forms.CharField(
        label="Course code",
        max_length=40,
        help_text="Your instructor has it. It looks like ABCD-EFGH-JKMN.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class InvitationForm(forms.Form):
    """What limits a new code."""

    places = forms.IntegerField(required=False, min_value=1, max_value=100_000, label="For how many students")
    ends_at = forms.DateTimeField(
        required=False,
        label="Valid until",
        help_text="Both may stay empty: then it lets in everybody who has it, until you withdraw it.",
        widget=forms.DateTimeInput({"type": "datetime-local"}),
    )

    def clean_ends_at(self) -> object:
        """Refuse a moment that has passed."""
        ends_at = self.cleaned_data["ends_at"]
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError("This moment has passed.")
        return ends_at
