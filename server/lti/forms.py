"""The forms of LTI: picking exercises, registering a platform, and saying what belongs together."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from server.accounts.models import User
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.lti.models import LmsCourse, Platform, origin_of
from server.lti.platform import transport
from server.lti.selectors import taught_by
from server.webhooks.guard import Refused


class PickForm(forms.Form):
    """Which exercises become activities in the LMS course: one, or several where the platform takes them."""

    def __init__(self, *args: Any, course: Course | None, multiple: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = Assignment.objects.filter(course=course)
        said = {"required": "Pick an exercise."}
        field = (
            forms.ModelMultipleChoiceField(choices, widget=forms.CheckboxSelectMultiple, error_messages=said)
            if multiple
            else forms.ModelChoiceField(choices, widget=forms.RadioSelect, empty_label=None, error_messages=said)
        )
        field.label_from_instance = lambda obj: obj.title  # type: ignore[method-assign]
        self.fields["assignments"] = field

    @property
    def chosen(self) -> list[Assignment]:
        """The exercises that were picked."""
        said = self.cleaned_data["assignments"]
        return [said] if isinstance(said, Assignment) else list(said)


class PlatformForm(forms.ModelForm):
    """A platform as it shows itself. Who it is stays what it was: people are known by it."""

    auth_url = forms.CharField(label="Authentication request URL", max_length=500)
    token_url = forms.CharField(label="Access token URL", max_length=500)
    jwks_url = forms.CharField(label="Public keyset URL", max_length=500)
    frames = forms.CharField(
        label="Further addresses that show us in a frame",
        required=False,
        help_text="Only where the issuer is not the address that people see, as with Canvas; with spaces between them.",
    )

    class Meta:
        model = Platform
        fields = ("name", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "frames", "token_audience")
        labels = {"issuer": "Issuer (platform ID)", "client_id": "Client ID", "token_audience": "Token audience"}
        error_messages = {
            NON_FIELD_ERRORS: {"unique_together": "A platform with this issuer and client ID is registered already."}
        }
        help_texts = {"name": "What you call it. Left empty, it is called what it calls itself."}

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.course = course
        self.fields["frames"].initial = " ".join(self.instance.origins)
        if self.instance.pk:
            for name in ("issuer", "client_id"):
                self.fields[name].disabled = True

    def clean_auth_url(self) -> str:
        """Refuse what a browser cannot be sent to."""
        url = str(self.cleaned_data["auth_url"])
        if not origin_of(url) or not url.isascii() or not url.isprintable():
            raise forms.ValidationError("This is no web address.")
        return url

    def clean_token_url(self) -> str:
        """Refuse what we would not ask."""
        return _askable(self.cleaned_data["token_url"])

    def clean_jwks_url(self) -> str:
        """Refuse what we would not ask."""
        return _askable(self.cleaned_data["jwks_url"])

    def clean_frames(self) -> str:
        """Take down the origins; refuse what is none."""
        said = str(self.cleaned_data["frames"]).split()
        if wrong := [one for one in said if not origin_of(one)]:
            raise forms.ValidationError(f"{wrong[0]} is no web address.")
        self.instance.origins = sorted({origin_of(one) for one in said})
        return " ".join(self.instance.origins)


class NewPlatformForm(PlatformForm):
    """A platform that is registered by hand, perhaps with a deployment that is approved thereby."""

    deployment_id = forms.CharField(
        label="Deployment ID",
        max_length=255,
        required=False,
        help_text="Left empty, you approve it here when somebody first comes by it.",
    )
    every_course = forms.BooleanField(
        label="Everybody who comes by this deployment belongs to this course",
        required=False,
        help_text="Not where it serves a whole school: who teaches anything there would be an instructor here.",
    )

    field_order = ("name", "issuer", "client_id", "deployment_id", "every_course")


class LinkForm(forms.Form):
    """Which of one's courses an LMS course is."""

    course = forms.ModelChoiceField(Course.objects.none(), required=False, empty_label="no course yet")

    def __init__(self, *args: Any, lms_course: LmsCourse, user: User, **kwargs: Any) -> None:
        given = {"initial": {"course": lms_course.course_id}, "auto_id": f"lms-{lms_course.pk}-%s"}
        super().__init__(*args, **given | kwargs)
        field = self.fields["course"]
        field.queryset = taught_by(user)  # type: ignore[attr-defined]
        field.label = f"Which course “{lms_course}” is"


def _askable(url: str) -> str:
    try:
        transport.check(url)
    except Refused as error:
        raise forms.ValidationError(str(error)) from None
    return url
