"""Forms of the studio."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from grader.packages.archives import MAX_ARCHIVE
from server.packages.models import LONGEST_PATH, LONGEST_SLUG, PackageKind
from server.studio.files import MOST_TEXT

NAME = forms.TextInput({"placeholder": "unit/name", "spellcheck": "false", "autocapitalize": "none"})
NAME_HELP = "The unit, a slash and a short name in small letters, like losses/cross-entropy. Links use it."


class NewPackageForm(forms.Form):
    """The name and the title of a new package."""

    name = forms.CharField(label="Name", max_length=LONGEST_SLUG, help_text=NAME_HELP, widget=NAME)
    title = forms.CharField(label="Title", max_length=120, help_text="Students read it. You can change it later.")


class PackageCopyForm(NewPackageForm):
    """The name and title of a copy, what it leaves out, and words that are replaced in its files."""

    WORDS = 3
    mistakes = forms.BooleanField(
        label="Copy its wrong answers", required=False, initial=True, help_text="They stay wrong if the task changes."
    )
    alternatives = forms.BooleanField(
        label="Copy its other right answers",
        required=False,
        help_text="Leave them out if you change the task: they would be wrong then.",
    )

    def __init__(self, *args: Any, entries: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(max(self.WORDS, len(entries) + 1)):
            old = entries[number] if number < len(entries) else ""
            self.fields[f"old-{number}"] = forms.CharField(label="Replace", required=False, max_length=100, initial=old)
            self.fields[f"new-{number}"] = forms.CharField(label="with", required=False, max_length=100)

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are no words."""
        return [self[name] for name in self.fields if not name.startswith(("old-", "new-"))]

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of the words, two and two."""
        names = [name for name in self.fields if name.startswith("old-")]
        return [(self[name], self[name.replace("old-", "new-")]) for name in names]

    @property
    def words(self) -> dict[str, str]:
        """The words to replace, and what comes instead. Only if the form is valid."""
        data = self.cleaned_data
        numbers = (name.removeprefix("old-") for name in self.fields if name.startswith("old-"))
        pairs = ((data[f"old-{number}"], data[f"new-{number}"]) for number in numbers)
        return {old: new for old, new in pairs if old and new and old != new}


class UploadForm(forms.Form):
    """A ZIP with the files of a package, new or there already."""

    name = forms.CharField(label="Name", max_length=LONGEST_SLUG, help_text=NAME_HELP, widget=NAME)
    kind = forms.ChoiceField(label="What is in it", choices=PackageKind.choices)
    archive = forms.FileField(label="ZIP file", help_text="At most 8 MiB and 500 files.")

    def clean_archive(self) -> bytes:
        """Return the bytes of the file. Raises ValidationError if there are too many."""
        file: UploadedFile = self.cleaned_data["archive"]
        if (file.size or 0) > MAX_ARCHIVE:
            raise forms.ValidationError(f"The file is larger than {MAX_ARCHIVE // 2**20} MiB.")
        return file.read()


class TypedTextForm(forms.Form):
    """A text that somebody typed."""

    source = forms.CharField(required=False, strip=False)

    def clean_source(self) -> str:
        """Return the text with the line ends that every file has here."""
        source: str = self.cleaned_data["source"].replace("\r\n", "\n").replace("\r", "\n")
        try:
            size = len(source.encode())
        except UnicodeEncodeError:
            raise forms.ValidationError("The text has characters that are no Unicode.") from None
        if size > MOST_TEXT:
            raise forms.ValidationError(f"This file is too large: at most {MOST_TEXT // 1024} kB can be edited here.")
        return source

    @property
    def complaint(self) -> str:
        """Why the form is refused, in one sentence."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class TryForm(TypedTextForm):
    """An answer that an author tries."""


class SaveForm(TypedTextForm):
    """The text of one file, and the revision that its author started from."""

    path = forms.CharField(max_length=LONGEST_PATH)
    revision = forms.IntegerField(min_value=0, max_value=2**31)
    settled = forms.BooleanField(required=False)


class AddFileForm(forms.Form):
    """The path of a new file, or a file from the author's computer."""

    path = forms.CharField(
        label="Path",
        required=False,
        max_length=LONGEST_PATH,
        widget=forms.TextInput({"placeholder": "mistakes/forgets_the_mean.py", "spellcheck": "false"}),
    )
    file = forms.FileField(label="Or a file of yours", required=False, allow_empty_file=True)


class RenameForm(forms.Form):
    """The present and the new path of a file."""

    path = forms.CharField(max_length=LONGEST_PATH)
    revision = forms.IntegerField(min_value=0, max_value=2**31)
    to = forms.CharField(label="New path", max_length=LONGEST_PATH, required=False)


class KeepForm(forms.Form):
    """What is wrong with an answer that becomes a mistake of the package."""

    words = forms.CharField(label="What is wrong with it?", max_length=120)
