"""The forms of LTI: pick exercises, register a platform, link courses."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from server.accounts.models import User
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.lti.members import sharing
from server.lti.models import LmsCourse, Platform, origin_of
from server.lti.platform import http_client
from server.lti.selectors import taught_by
from server.outbox.addresses import AddressRefused


@dataclass(frozen=True, kw_only=True, slots=True)
class PickChoice:
    """An exercise to pick: its box, and whether it is in the LMS course already."""

    box: Any
    assignment: Assignment
    is_there: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PickUnit:
    """A unit, with its exercises to pick."""

    title: str
    choices: list[PickChoice] = field(default_factory=list)


class PickForm(forms.Form):
    """The exercises that become activities in the LMS course: one, or several if the platform accepts that.

    `there` are the keys of the assignments that are in the LMS course already. They can be picked again.
    """

    def __init__(
        self, *args: Any, course: Course | None, multiple: bool, there: Collection[int] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.multiple, self.there = multiple, there
        choices = Assignment.objects.published().filter(course=course)
        messages = {"required": "Pick at least one exercise." if multiple else "Pick an exercise."}
        assignments = (
            forms.ModelMultipleChoiceField(choices, widget=forms.CheckboxSelectMultiple, error_messages=messages)
            if multiple
            else forms.ModelChoiceField(choices, widget=forms.RadioSelect, empty_label=None, error_messages=messages)
        )
        assignments.label_from_instance = lambda obj: obj.title  # type: ignore[method-assign]
        self.fields["assignments"] = assignments

    @property
    def units(self) -> list[PickUnit]:
        """The exercises by unit, in the order of the course."""
        units: dict[str, PickUnit] = {}
        for box in self["assignments"]:
            assignment = box.data["value"].instance
            title = assignment.unit.replace("-", " ").capitalize()
            unit = units.setdefault(assignment.unit, PickUnit(title=title))
            is_there = assignment.pk in self.there
            unit.choices.append(PickChoice(box=box.tag(), assignment=assignment, is_there=is_there))
        return list(units.values())

    @property
    def chosen(self) -> list[Assignment]:
        """The exercises that were picked."""
        picked = self.cleaned_data["assignments"]
        return [picked] if isinstance(picked, Assignment) else list(picked)


class PlatformForm(forms.ModelForm):
    """A platform's addresses and name. Issuer and client id cannot change, because people are identified by them.

    Who controls the keys can sign in as each of its people. So once somebody has come from the platform, only an
    administrator can change where its keys are.
    """

    auth_url = forms.CharField(label="Authentication request URL", max_length=500)
    token_url = forms.CharField(label="Access token URL", max_length=500)
    jwks_url = forms.CharField(label="Public keyset URL", max_length=500)
    frames = forms.CharField(
        label="Further addresses that can show us in a frame",
        required=False,
        help_text="Only if the issuer is not the address that people see, as with Canvas. Separate several by spaces.",
    )

    class Meta:
        model = Platform
        fields = ("name", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "frames", "token_audience")
        labels = {"issuer": "Issuer (platform ID)", "client_id": "Client ID", "token_audience": "Token audience"}
        error_messages = {
            NON_FIELD_ERRORS: {"unique_together": "A platform with this issuer and client ID is registered already."}
        }
        help_texts = {"name": "Leave empty to use the name that the platform sends."}

    def __init__(self, *args: Any, course: Course, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.course = course
        self.fields["frames"].initial = " ".join(self.instance.origins)
        if self.instance.pk:
            for name in ("issuer", "client_id"):
                self.fields[name].disabled = True
            if self.instance.identities.exists() and not user.is_superuser:
                self.fields["jwks_url"].disabled = True
            if self.instance.identities.exists():
                self.fields["jwks_url"].help_text = (
                    "People have come from this platform. Who controls these keys can sign in as them, so only an "
                    "administrator can change this address."
                )

    def clean_auth_url(self) -> str:
        """Refuse an address that a browser cannot open."""
        url = str(self.cleaned_data["auth_url"])
        if not origin_of(url) or not url.isascii() or not url.isprintable():
            raise forms.ValidationError("This is not a web address.")
        return url

    def clean_token_url(self) -> str:
        """Refuse an address that we do not connect to."""
        return _reachable(self.cleaned_data["token_url"])

    def clean_jwks_url(self) -> str:
        """Refuse an address that we do not connect to."""
        return _reachable(self.cleaned_data["jwks_url"])

    def clean_frames(self) -> str:
        """Store the origins of the addresses. Refuse an address that has none."""
        addresses = str(self.cleaned_data["frames"]).split()
        if wrong := [one for one in addresses if not origin_of(one)]:
            raise forms.ValidationError(f"{wrong[0]} is not a web address.")
        self.instance.origins = sorted({origin_of(one) for one in addresses})
        return " ".join(self.instance.origins)


class NewPlatformForm(PlatformForm):
    """A platform that is registered by hand, with an approved deployment if its id is given."""

    deployment_id = forms.CharField(
        label="Deployment ID",
        max_length=255,
        required=False,
        help_text="If you leave this empty, approve the deployment here after somebody has opened an activity.",
    )
    every_course = forms.BooleanField(
        label="Link all courses of this deployment to this course",
        required=False,
        help_text="Not if it serves a whole school: everybody who teaches there would become an instructor here.",
    )

    field_order = ("name", "issuer", "client_id", "deployment_id", "every_course")


class ShareForm(forms.Form):
    """Another registration that an administrator confirms to be the same platform."""

    other = forms.ModelChoiceField(Platform.objects.none())

    def __init__(self, *args: Any, platform: Platform, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = sharing.candidates(platform)  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """The course that an LMS course is linked to: one that the person is an instructor of."""

    course = forms.ModelChoiceField(Course.objects.none(), required=False, empty_label="no course yet")

    def __init__(self, *args: Any, lms_course: LmsCourse, user: User, **kwargs: Any) -> None:
        given = {"initial": {"course": lms_course.course_id}, "auto_id": f"lms-{lms_course.pk}-%s"}
        super().__init__(*args, **given | kwargs)
        field = self.fields["course"]
        field.queryset = taught_by(user)  # type: ignore[attr-defined]
        field.label = f"Course that “{lms_course}” is linked to"


def _reachable(url: str) -> str:
    try:
        http_client.check(url)
    except AddressRefused as error:
        raise forms.ValidationError(str(error)) from None
    return url
