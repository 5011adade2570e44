"""The form for code: typed, or as a file."""

from typing import Any

from django import forms

from server.submissions.errors import Unstorable
from server.submissions.uploads import read_upload


class SubmissionForm(forms.Form):
    """Source code in `source`, or in a `file`, which then wins.

    The service decides whether it can be stored, and the grader whether it is valid Python.
    """

    # `services.check_storable` explains NUL bytes better than Django's validator.
    source = forms.CharField(required=False, strip=False, widget=forms.Textarea, validators=[])
    file = forms.FileField(required=False, allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].validators = []

    def clean(self) -> dict[str, Any]:
        """Put the text into `source`, with line feeds as line ends."""
        data = super().clean() or {}
        file = data.get("file")
        try:
            source = read_upload(file) if file else data.get("source", "")
        except Unstorable as error:
            raise forms.ValidationError(str(error)) from None
        return data | {"source": source.replace("\r\n", "\n").replace("\r", "\n")}

    @property
    def complaint(self) -> str:
        """What is wrong, as a sentence."""
        return " ".join(str(message) for messages in self.errors.values() for message in messages)
