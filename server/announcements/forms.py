"""The form of an announcement."""

import uuid
from typing import Any

from django import forms

LONGEST = 10_000


class AnnouncementForm(forms.Form):
    """Subject and body. `form` makes sure that a form that arrives twice sends once."""

    form = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    subject = forms.CharField(label="Subject", max_length=120)
    body = forms.CharField(
        label="Text",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 10}),
        help_text="Markdown: **bold**, lists, [links](https://...), code. Formulas ($x^2$) show on the page only.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse characters that no database stores."""
        data = super().clean() or {}
        if any("\0" in str(value) for value in data.values()):
            raise forms.ValidationError("The text has a character that cannot be stored (code 0). Remove it.")
        return data
