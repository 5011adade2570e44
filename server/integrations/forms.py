"""The forms of API tokens and webhooks."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from server.api.models import TokenScope
from server.outbox.addresses import AddressRefused
from server.webhooks.http_client import check_url
from server.webhooks.models import EventType

LIFETIMES = {"30": "30 days", "180": "Half a year", "365": "A year", "": "Never"}


class TokenForm(forms.Form):
    """The purpose, the permissions and the lifetime of a new token."""

    name = forms.CharField(label="What it is for", max_length=100, help_text="Such as the name of your LMS.")
    scopes = forms.MultipleChoiceField(
        label="Permissions", choices=TokenScope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label="Expires after", choices=list(LIFETIMES.items()), required=False, initial="365")

    @property
    def expires_at(self) -> datetime | None:
        """When the token expires; None for never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class EndpointForm(forms.Form):
    """The URL of a new webhook, and its events."""

    url = forms.CharField(
        label="Address", max_length=500, widget=forms.URLInput({"placeholder": "https://lms.example.org/chainrule"})
    )
    events = forms.MultipleChoiceField(label="Events", choices=EventType.choices, widget=forms.CheckboxSelectMultiple)

    def clean_url(self) -> str:
        """Refuse a URL of a form that nothing is sent to."""
        try:
            check_url(self.cleaned_data["url"])
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from None
        return str(self.cleaned_data["url"])
