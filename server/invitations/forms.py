"""The forms of invitations."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils import timezone

from server.common.moment_fields import MomentField, use_zone
from server.courses.models import Course


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
    ends_at = MomentField(
        label="Valid until",
        help_text="Leave both fields empty for a code that anybody can use until you withdraw it.",
    )

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        use_zone(self, course.zone)

    def clean_ends_at(self) -> object:
        """Refuse a moment in the past."""
        ends_at = self.cleaned_data["ends_at"]
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError("This time is in the past.")
        return ends_at


class FirstPasswordForm(SetPasswordForm):
    """Django's form with our words: the password twice, and the rules for passwords."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "Password"
        self.fields["new_password1"].help_text = "At least 8 characters, and none that everybody uses."
        self.fields["new_password2"].label = "The same again"
        self.fields["new_password2"].help_text = ""
