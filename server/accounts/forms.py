"""The forms of sign-in and profile."""

from typing import Any, ClassVar

from allauth.account import forms
from django.conf import settings
from django.forms import ChoiceField, ModelForm, TextInput, ValidationError

from server.accounts.models import User
from server.accounts.names import JOINERS, without_invisible
from server.common.zones import zone_choices


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
    """The name that others see, and the person's time zone. Only the school can change user name and e-mail address."""

    time_zone = ChoiceField(
        label="Times on pages and in e-mails",
        required=False,
        help_text="Deadlines stay the same moments. Forms of a course always ask in the zone of the course.",
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "time_zone")
        widgets: ClassVar = {
            "first_name": TextInput({"autocomplete": "given-name"}),
            "last_name": TextInput({"autocomplete": "family-name"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = zone_choices(f"In the zone of each course; outside of courses {settings.TIME_ZONE}")
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Remove what cannot be seen in a name: names are in mails and exports."""
        data = super().clean() or {}
        names = {field: data[field] for field in ("first_name", "last_name") if field in data}
        return data | {field: without_invisible(name, keep=JOINERS) for field, name in names.items()}
