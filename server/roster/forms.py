"""The form to upload a roster."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from server.courses.models import LONGEST_SECTION, Course, Role, Section
from server.roster.csv_file import Person, Unreadable, decode, person_of
from server.roster.selectors import Group, PeopleQuery

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


class PeopleForm(forms.Form):
    """The filters of the people page. Invalid values are ignored."""

    q = forms.CharField(label="Name, e-mail or ID", required=False, max_length=100)
    group = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            (Group.MEMBERS, "Everybody"),
            (Group.STUDENTS, "Students"),
            (Group.STAFF, "Staff"),
            (Group.FORMER, "Former members"),
        ],
    )

    def query(self, page: str) -> PeopleQuery:
        """Return what to show."""
        self.is_valid()
        group = self.cleaned_data.get("group") or Group.MEMBERS
        return PeopleQuery(
            search=self.cleaned_data.get("q", ""), group=Group(group), page=int(page) if page.isdecimal() else 1
        )


def _of_another() -> forms.TextInput:
    """Return a widget for data of somebody else, into which no browser fills the user's own."""
    return forms.TextInput({"autocomplete": "off"})


class PersonForm(forms.Form):
    """One person to add."""

    email = forms.CharField(label="E-mail", required=False, max_length=254, widget=_of_another())
    name = forms.CharField(label="Name", required=False, max_length=300, widget=_of_another())
    username = forms.CharField(
        label="User name", required=False, max_length=200, help_text="If empty: the e-mail.", widget=_of_another()
    )
    id = forms.CharField(label="ID in the school's systems", required=False, max_length=250)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.STUDENT)
    section = forms.CharField(
        label="Section", required=False, max_length=LONGEST_SECTION, help_text="A new name makes a new section."
    )

    def person(self) -> Person:
        """Return the person as a line of a roster."""
        return person_of(1, self.cleaned_data)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label="Role", choices=Role.choices)


class NameForm(forms.Form):
    """The name of a section."""

    name = forms.CharField(label="Name", max_length=LONGEST_SECTION)


class SectionForm(forms.Form):
    """The section of a member."""

    section = forms.ModelChoiceField(Section.objects.none(), label="Section", required=False, empty_label="None")

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].queryset = course.sections.all()  # type: ignore[attr-defined]


class LimitForm(forms.Form):
    """Whom an assistant sees."""

    sees = forms.ChoiceField(
        label="This assistant sees",
        choices=[("all", "Everybody in the course"), ("sections", "Only the people of these sections:")],
        widget=forms.RadioSelect,
    )
    sections = forms.ModelMultipleChoiceField(
        Section.objects.none(), label="Sections", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sections"].queryset = course.sections.all()  # type: ignore[attr-defined]

    @property
    def limit(self) -> list[Section] | None:
        """The sections, or None for everybody."""
        return None if self.cleaned_data["sees"] == "all" else list(self.cleaned_data["sections"])


def _decoded(file: UploadedFile) -> str:
    try:
        return decode(file.read())
    except Unreadable as error:
        raise forms.ValidationError(str(error)) from None
