"""The forms of sign-in and profile."""

from typing import Any, ClassVar

from allauth.account import forms
from django.conf import settings
from django.forms import ModelForm, TextInput, ValidationError

from server.accounts.models import User
from server.accounts.names import JOINERS, without_invisible


class LoginForm(forms.LoginForm):
    """allauth's form with our labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        self.fields["remember"].label = "Keep me signed in"
        # allauth says `email`, for which no browser offers a stored user name.
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)


class ResetPasswordForm(forms.ResetPasswordForm):
    """allauth's form, which says so if this installation sends no e-mail."""

    def clean(self) -> dict[str, Any]:
        """Refuse the form if no link could arrive."""
        if not settings.SENDS_MAIL:
            raise ValidationError("Chainrule sends no e-mail here. Ask an administrator for a new password.")
        return super().clean() or {}


class ProfileForm(ModelForm):
    """The name that others see. Only the school can change user name and e-mail address."""

    class Meta:
        model = User
        fields = ("first_name", "last_name")
        widgets: ClassVar = {
            "first_name": TextInput({"autocomplete": "given-name"}),
            "last_name": TextInput({"autocomplete": "family-name"}),
        }

    def clean(self) -> dict[str, Any]:
        """Remove what cannot be seen in a name: names are in mails and exports."""
        names = super().clean() or {}
        return {field: without_invisible(name, keep=JOINERS) for field, name in names.items()}
