"""Forms of the administrators' pages."""

from typing import Any

from django import forms

from server.accounts.models import User
from server.accounts.names import JOINERS, without_invisible
from server.administration.accounts import AccountDetails
from server.administration.selectors import WhichCourses, WhichPeople


class AccountsForm(forms.Form):
    """The filters of the list of people. Invalid values are ignored."""

    q = forms.CharField(label="Name, e-mail, user name or ID", required=False, max_length=100)
    which = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            (WhichPeople.ACTIVE, "Accounts that are switched on"),
            (WhichPeople.ADMINISTRATORS, "Administrators"),
            (WhichPeople.INACTIVE, "Accounts that are switched off"),
            (WhichPeople.ALL, "All accounts"),
        ],
    )

    @property
    def filters(self) -> tuple[str, WhichPeople]:
        """The words of the search, and which accounts."""
        self.is_valid()
        chosen = self.cleaned_data.get("which") or WhichPeople.ACTIVE
        return self.cleaned_data.get("q", ""), WhichPeople(chosen)


class CoursesForm(forms.Form):
    """The filters of the list of courses. Invalid values are ignored."""

    q = forms.CharField(label="Title or name in the URL", required=False, max_length=100)
    which = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            (WhichCourses.RUNNING, "Courses that are not archived"),
            (WhichCourses.ARCHIVED, "Archived courses"),
            (WhichCourses.ALL, "All courses"),
        ],
    )

    @property
    def filters(self) -> tuple[str, WhichCourses]:
        """The words of the search, and which courses."""
        self.is_valid()
        chosen = self.cleaned_data.get("which") or WhichCourses.RUNNING
        return self.cleaned_data.get("q", ""), WhichCourses(chosen)


class AccountDetailsForm(forms.ModelForm):
    """Name and address of somebody else's account, so the browser fills nothing in."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")
        labels = {"email": "E-mail address"}
        widgets = {name: forms.TextInput({"autocomplete": "off"}) for name in ("first_name", "last_name")} | {
            "email": forms.EmailInput({"autocomplete": "off"})
        }

    @property
    def details(self) -> AccountDetails:
        """What was typed. Only if the form is valid."""
        data = self.cleaned_data
        return AccountDetails(
            first_name=without_invisible(data["first_name"], keep=JOINERS),
            last_name=without_invisible(data["last_name"], keep=JOINERS),
            email=data["email"].strip(),
        )


class RightsForm(forms.Form):
    """The user name, typed by hand, for what must not happen by mistake."""

    username = forms.CharField(label="Type the user name to confirm", max_length=200)

    def __init__(self, data: Any = None, *, expected: str) -> None:
        super().__init__(data)
        self.expected = expected
        self.fields["username"].widget.attrs["autocomplete"] = "off"

    def clean_username(self) -> str:
        """Refuse any other name."""
        if self.cleaned_data["username"] != self.expected:
            raise forms.ValidationError(f"This is not the user name. Type {self.expected} to confirm.")
        return self.expected
