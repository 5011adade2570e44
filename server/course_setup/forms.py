"""Forms of a course itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import slugify

from server.common.moment_fields import MomentField
from server.common.zones import zone_choices
from server.course_setup.copying import first_day
from server.course_setup.rhythm import Rhythm
from server.courses.models import Course, HintRule
from server.gradebook.models import MOST_POINTS

LONGEST_SLUG = 50
# So many whole weeks that weekdays stay the same.
A_YEAR = timedelta(weeks=52)


class CourseForm(forms.ModelForm):
    """Title, address, term and zone of a course."""

    slug = forms.SlugField(
        label="Short name in addresses",
        required=False,
        max_length=LONGEST_SLUG,
        help_text="Small letters, digits and hyphens. Empty: made from the title and the term.",
        widget=forms.TextInput({"placeholder": "autograd-2027", "spellcheck": "false", "autocapitalize": "none"}),
    )
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Late days are calendar days in this zone."
    )

    class Meta:
        model = Course
        fields = ["title", "term", "slug", "time_zone"]
        labels = {"term": "Term"}
        widgets = {"term": forms.TextInput({"placeholder": "Spring 2027"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = zone_choices(f"As this website: {settings.TIME_ZONE}")
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Suggest a slug if the field is empty; refuse capitals, and a title of which no slug can be made."""
        data = super().clean() or {}
        if data.get("slug") or "slug" in self.errors:
            return data | {"slug": data.get("slug", "").lower()}
        parts = [data.get("title", ""), data.get("term", "")]
        slug = slugify(" ".join(part for part in parts if part))[:LONGEST_SLUG].strip("-")
        if not slug:
            self.add_error("slug", "Type a short name with letters from a to z: the title has none.")
        return data | {"slug": slug}

    @property
    def chosen(self) -> dict[str, Any]:
        """The valid values, by the names of the model's fields."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}

    def validate_unique(self) -> None:
        """Leave it to the service, which knows former slugs too."""


class SettingsForm(CourseForm):
    """The same, and the rules of a course that goes on."""

    class Meta(CourseForm.Meta):
        fields = [*CourseForm.Meta.fields, "hint_rule", "show_edit", "slip_days", "practice", "regrade_request_days"]
        labels = CourseForm.Meta.labels | {
            "hint_rule": "When hints open",
            "show_edit": "Show the edit at the line to look at",
            "slip_days": "Slip days for each student",
            "practice": "Students can practise after an assignment closed",
            "regrade_request_days": "Days after a result in which students can ask for a regrade",
        }
        help_texts = {
            "slip_days": "Late days without a penalty, for the whole course. Late work uses them in the order in which "
            "it is handed in, as far as they raise a grade.",
            "practice": "Such submissions get full feedback and never count.",
            "regrade_request_days": "0: they cannot ask.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regrade_request_days"].required = False
        self.fields["hint_rule"].choices = HintRule.choices  # type: ignore[attr-defined]
        self.fields["slip_days"].required = False
        self.fields["slug"].help_text = "If you change it, links with the old one still work."

    def clean_regrade_request_days(self) -> int:
        """Return the days; an empty field leaves them as they are."""
        days = self.cleaned_data["regrade_request_days"]
        return self.initial.get("regrade_request_days", 0) if days is None else days

    def clean_slip_days(self) -> int:
        """An empty field means none; without the field, the number stays."""
        if self.add_prefix("slip_days") not in self.data:
            return self.initial.get("slip_days", 0)
        return self.cleaned_data["slip_days"] or 0


def said_in(form: type[forms.Form] | type[CourseForm], data: Mapping[str, str]) -> dict[str, Any]:
    """Return what was in the fields of a form, as it was typed: for a form that is shown again without errors."""
    said: dict[str, Any] = {}
    for name, one in form.base_fields.items():
        if isinstance(one, forms.BooleanField):
            said[name] = data.get(name) in {"on", "True"}
        elif name in data:
            said[name] = data[name]
    return said if data else {}


class SetForm(forms.Form):
    """The terms of many new assignments."""

    q = forms.CharField(label="Search", required=False, max_length=100)
    first_due = MomentField(label="First due date")
    every = forms.IntegerField(label="Then every", min_value=1, max_value=100, initial=7)
    rhythm = forms.ChoiceField(label="Counted in", choices=[(one.value, one.value) for one in Rhythm])
    share = forms.ChoiceField(
        label="One date for", choices=[("exercise", "each exercise"), ("unit", "all exercises of a unit")]
    )
    points = forms.FloatField(label="Points for each", min_value=0, max_value=MOST_POINTS, initial=100)
    as_drafts = forms.BooleanField(
        label="As drafts", required=False, initial=True, help_text="Students see a draft only after you publish it."
    )


class EditForm(forms.Form):
    """What to do with the assignments that are picked, before the preview."""

    days = forms.IntegerField(
        label="Move all dates by so many days",
        required=False,
        min_value=-1000,
        max_value=1000,
        help_text="Earlier with a minus.",
    )
    points = forms.FloatField(label="Points for each", required=False, min_value=0, max_value=MOST_POINTS)
    drafts = forms.ChoiceField(
        label="Drafts",
        required=False,
        choices=[("", "Leave as they are"), ("publish", "Publish"), ("draft", "Make drafts again")],
    )


class CopyForm(CourseForm):
    """A copy of a course for a new term."""

    starts_on = forms.DateField(
        label="Day of the first date",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    sections = forms.BooleanField(label="Copy the sections, without their students", required=False)
    staff = forms.BooleanField(
        label="Copy the other instructors and the assistants",
        required=False,
        help_text="An assistant who sees only some sections comes along only with the sections.",
    )

    def __init__(self, source: Course, *args: Any, initial: dict[str, Any], **kwargs: Any) -> None:
        start = first_day(source)
        suggested: dict[str, Any] = {"title": source.title, "time_zone": source.time_zone}
        suggested |= {"starts_on": start + A_YEAR} if start else {}
        super().__init__(*args, initial=suggested | initial, **kwargs)
        if start is None:
            del self.fields["starts_on"]
        else:
            self.fields["starts_on"].help_text = (
                f"In this course it is {start:%A}, {start.day} {start:%B %Y}. All dates move by the same number of "
                "days, so with the same weekday every weekday stays the same."
            )

    def clean(self) -> dict[str, Any]:
        """Leave the dates as they are if no day is given."""
        return {"starts_on": None} | (super().clean() or {})
