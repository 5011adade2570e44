"""The forms of Git sources."""

from collections.abc import Callable

from django import forms
from django.conf import settings

from server.outbox.addresses import AddressRefused
from server.sources.git.addresses import MAX_LENGTH, read_address, read_branch, read_folder


class SourceForm(forms.Form):
    """The repository, the branch and the folder of a new source."""

    address = forms.CharField(
        label="Address",
        max_length=MAX_LENGTH,
        widget=forms.TextInput({"placeholder": "https://github.com/name/course.git"}),
        help_text="With https for a public repository, or with ssh (git@host:name/course.git) for a private one.",
    )
    branch = forms.CharField(label="Branch", max_length=200, initial="main")
    folder = forms.CharField(
        label="Folder",
        max_length=200,
        required=False,
        help_text="Each folder in it with an exercise.toml or a lesson.md is a package. Empty: the whole repository.",
    )
    publishes = forms.BooleanField(label="Publish what passes its verification, without a click", required=False)

    def clean_address(self) -> str:
        """Refuse an address that is not read."""
        try:
            read_address(self.cleaned_data["address"], allow_private=settings.SOURCES_ALLOW_PRIVATE)
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from None
        return str(self.cleaned_data["address"])

    def clean_branch(self) -> str:
        """Refuse a name that no branch has."""
        return _cleaned(read_branch, self.cleaned_data["branch"])

    def clean_folder(self) -> str:
        """Refuse a path that no folder has."""
        return _cleaned(read_folder, self.cleaned_data["folder"])


def _cleaned(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from None
