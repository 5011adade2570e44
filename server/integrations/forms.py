"""The forms of tokens and webhooks."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from server.api.models import Scope
from server.webhooks.guard import Refused, check_url
from server.webhooks.models import EventType

LIFETIMES = {"30": "30 days", "180": "Half a year", "365": "A year", "": "Until it is revoked"}


class TokenForm(forms.Form):
    """What a new token is for, what it may do, and for how long."""

    name = forms.CharField(label="What it is for", max_length=100, help_text="Such as the name of your LMS.")
    scopes = forms.MultipleChoiceField(label="It may", choices=Scope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label="It ends after", choices=list(LIFETIMES.items()), required=False, initial="365")

    @property
    def expires_at(self) -> datetime | None:
        """When it ends; None for never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class EndpointForm(forms.Form):
    """Where events are sent to, and which."""

    url = forms.CharField(
        label="Address", max_length=500, widget=forms.URLInput({"placeholder": "https://lms.example.org/chainrule"})
    )
    events = forms.MultipleChoiceField(
        label="Tell it when", choices=EventType.choices, widget=forms.CheckboxSelectMultiple
    )

    def clean_url(self) -> str:
        """Refuse an address that nothing is sent to, whatever its name leads to."""
        try:
            check_url(self.cleaned_data["url"])
        except Refused as error:
            raise forms.ValidationError(str(error)) from None
        return str(self.cleaned_data["url"])
