"""The form that confirms an erasure."""

from typing import Any

from django import forms


class ConfirmForm(forms.Form):
    """The user name, typed by hand, and the digest of the plan that the page showed."""

    username = forms.CharField(label="Type the user name to confirm", max_length=200)
    digest = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["username"].widget.attrs["autocomplete"] = "off"

    def clean_username(self) -> str:
        """Refuse any other name."""
        if self.cleaned_data["username"] != self.expected:
            raise forms.ValidationError(f"This is not the user name. Type {self.expected} to confirm.")
        return self.expected
