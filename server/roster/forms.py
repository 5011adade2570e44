"""The form to upload a roster."""

from typing import Any

from django import forms

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
        text = file.read().decode("utf-8-sig", errors="replace") if file else data.get("text", "")
        if "\ufffd" in text:
            raise forms.ValidationError("This is not UTF-8 text. Save the file as CSV with the encoding UTF-8.")
        if not text.strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        return data | {"text": text}
