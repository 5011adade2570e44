"""The form to choose the account that is merged."""

from django import forms


class AccountForm(forms.Form):
    """An account, by its user name or its id in the school's systems."""

    account = forms.CharField(
        label="User name or ID of the other account", max_length=200, help_text="Exactly as the page People shows it."
    )
