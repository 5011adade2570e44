"""The form of a person's mail settings."""

from typing import Any

from django import forms

from server.accounts.models import User
from server.courses.models import Role
from server.mail.models import ALWAYS, MailKind, SwitchedOff
from server.mail.unsubscribing import switch_off, switch_on


class MailForm(forms.Form):
    """Which kinds of mail a person gets. Kinds that nobody can switch off are not in it."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        off = set(SwitchedOff.objects.filter(user=user).values_list("kind", flat=True))
        for kind in kinds_for(user):
            field = forms.BooleanField(label=kind.label, required=False, initial=kind not in off)
            self.fields[kind.value] = field

    def save(self) -> None:
        """Save the choices."""
        chosen = {kind: self.cleaned_data[kind.value] for kind in kinds_for(self.user)}
        switch_off(self.user.pk, [kind for kind, wanted in chosen.items() if not wanted])
        switch_on(self.user.pk, [kind for kind, wanted in chosen.items() if wanted])


def kinds_for(user: User) -> list[MailKind]:
    """Return the kinds that a person can choose. Only teachers get those about webhooks."""
    teaches = user.enrollments.filter(role=Role.INSTRUCTOR).exists()
    return [kind for kind in MailKind if kind not in ALWAYS and (teaches or kind is not MailKind.CONNECTION)]
