"""The form to upload a roster."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from server.roster.csv_file import Unreadable, decode

LARGEST = 1024 * 1024


class RosterForm(forms.Form):
    """A CSV file, or its text."""

    file = forms.FileField(label="CSV file", required=False)
    text = forms.CharField(label="Or its text", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6}))

    def clean(self) -> dict[str, Any]:
        """Put the text of the file, or the pasted text, into `text`."""
        data = super().clean() or {}
        file = data.get("file")
        if file and file.size > LARGEST:
            raise forms.ValidationError("A roster can have at most 1 MB.")
        text = _decoded(file) if file else data.get("text", "")
        if not text.strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        return data | {"text": text}


def _decoded(file: UploadedFile) -> str:
    try:
        return decode(file.read())
    except Unreadable as error:
        raise forms.ValidationError(str(error)) from None
