"""The form of a comment."""

from typing import Any

from django import forms

from server.comments.services import LONGEST, CommentRejected, Lines, checked


class CommentForm(forms.Form):
    """A comment's text, and the lines that it is about. `key` tells the forms of a page apart."""

    key = forms.RegexField(r"\A[a-z0-9-]{1,40}\Z", required=False)
    first_line = forms.IntegerField(min_value=1, required=False)
    last_line = forms.IntegerField(min_value=1, required=False)
    # Longer texts are refused with their length, in a sentence of the service.
    text = forms.CharField(max_length=10 * LONGEST, required=False, strip=False)

    def clean_text(self) -> str:
        """Return the text as it is stored."""
        try:
            return checked(self.cleaned_data["text"])
        except CommentRejected as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """Refuse a last line without a first one."""
        data = super().clean() or {}
        if data.get("last_line") and not data.get("first_line") and "first_line" not in self.errors:
            raise forms.ValidationError("Give the first line, too.")
        return data

    @property
    def lines(self) -> Lines | None:
        """The first and the last line; None for the whole submission. Only if the form is valid."""
        first = self.cleaned_data["first_line"]
        return None if first is None else (first, self.cleaned_data["last_line"] or first)

    @property
    def complaint(self) -> str:
        """What is wrong, in one sentence; empty if nothing is."""
        for name, texts in self.errors.items():
            if name in {"first_line", "last_line"}:
                return "Lines are whole numbers from 1."
            return str(texts[0])
        return ""
