"""Forms of the instructor's pages."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from server.audit.models import AuditArea
from server.catalogue.exercises import readable_exercises
from server.courses.models import Course, HintRule
from server.dashboard.selectors.gradebook import Query, Show, Which
from server.gradebook.models import LARGEST_WEIGHT, MOST_DROPPED, Assignment
from server.gradebook.totals import UnitRule
from server.submissions.source_archive import AttemptChoice


class AuditFilterForm(forms.Form):
    """Filters of the audit log. Invalid values are ignored."""

    area = forms.ChoiceField(label="About", required=False, choices=[("", "Everything"), *AuditArea.choices])
    person = forms.CharField(label="Person", required=False, max_length=100)

    @property
    def filters(self) -> dict[str, Any]:
        """The area, if one is chosen, and the words of the person's name."""
        self.is_valid()
        area = self.cleaned_data.get("area")
        return {"area": AuditArea(area) if area else None, "person": self.cleaned_data.get("person", "")}

    @property
    def before(self) -> int | None:
        """The id of the entry after which the page begins."""
        text = self.data.get("before", "")
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


class SourcesForm(forms.Form):
    """Which submissions to download: of an assignment or of all, and which of each student."""

    CHOICES = {
        AttemptChoice.COUNTED: "The submission that counts",
        AttemptChoice.LATEST: "The latest submission",
        AttemptChoice.ALL: "Every submission",
    }
    assignment = forms.ModelChoiceField(Assignment.objects.none(), required=False, empty_label="All assignments")
    which = forms.ChoiceField(label="Of each student", choices=list(CHOICES.items()), initial=AttemptChoice.COUNTED)

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course = course
        self.fields["assignment"].queryset = course.assignments.all()  # type: ignore[attr-defined]

    @property
    def chosen(self) -> tuple[list[Assignment], AttemptChoice]:
        """The assignments, and which submissions of each student. Only if the form is valid."""
        one = self.cleaned_data["assignment"]
        return [one] if one else list(self.course.assignments.all()), AttemptChoice(self.cleaned_data["which"])


class Moment(forms.DateTimeField):
    """An optional date and time, with the browser's own date picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, required=False, **kwargs)


class Decided(forms.Form):
    """A decision and its reason."""

    why = forms.CharField(label="Reason", max_length=500)

    @property
    def decision(self) -> dict[str, Any]:
        """The fields of the decision."""
        return {name: value for name, value in self.cleaned_data.items() if name != "why"}


class OverrideForm(Decided):
    """Points that replace the score."""

    override = forms.FloatField(
        label="Points", required=False, min_value=0, help_text="Leave empty to use the score again."
    )
    field_order = ["override", "why"]


class ExemptForm(Decided):
    """Whether the learner is exempt from the assignment."""

    exempt = forms.BooleanField(label="Does not count for this student", required=False)
    field_order = ["exempt", "why"]


class ExtendForm(Decided):
    """More time and more attempts."""

    due_at = Moment(label="Due")
    closes_at = Moment(label="Closes")
    extra_attempts = forms.IntegerField(label="Extra attempts", min_value=0, max_value=1000, required=False, initial=0)
    field_order = ["due_at", "closes_at", "extra_attempts", "why"]

    def clean_extra_attempts(self) -> int:
        """An empty field means 0."""
        return self.cleaned_data["extra_attempts"] or 0


class AssignmentForm(forms.ModelForm):
    """The terms of an assignment."""

    opens_at = Moment(label="Opens")
    due_at = Moment(label="Due")
    closes_at = Moment(label="Closes")
    release_at = Moment(label="Release the results at", help_text="Empty: when you press the button.")

    class Meta:
        model = Assignment
        fields = [
            "points",
            "opens_at",
            "due_at",
            "closes_at",
            "attempts",
            "cooldown_seconds",
            "keeps",
            "late_percent_per_day",
            "late_percent_cap",
            "grace_minutes",
            "bonus_points",
            "hint_rule",
            "results_held",
            "release_at",
            "position",
        ]
        labels = {
            "position": "Position in the course",
            "attempts": "Attempts",
            "cooldown_seconds": "Seconds between attempts",
            "keeps": "Which attempt counts",
            "late_percent_per_day": "Late penalty per day (%)",
            "late_percent_cap": "Largest late penalty (%)",
            "grace_minutes": "Grace after the due date (minutes)",
            "bonus_points": "Bonus points",
            "hint_rule": "When hints open",
            "results_held": "Hold results back",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_course = HintRule(self.instance.course.hint_rule).label
        choices = [("", f"As in the course: {of_course[0].lower()}{of_course[1:]}"), *HintRule.choices]
        self.fields["hint_rule"].choices = choices  # type: ignore[attr-defined]


class TotalForm(forms.Form):
    """What each unit is worth in the total of the course: two fields a unit."""

    def __init__(self, *args: Any, units: list[str], rules: Mapping[str, UnitRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = list(dict.fromkeys([*units, *rules]))
        for number, unit in enumerate(self.units):
            rule = rules.get(unit, UnitRule())
            self.fields[f"weight-{number}"] = forms.FloatField(
                label=f"Weight of {unit}", required=False, min_value=0, max_value=LARGEST_WEIGHT, initial=rule.weight
            )
            self.fields[f"drop-{number}"] = forms.IntegerField(
                label=f"Lowest results to drop in {unit}",
                required=False,
                min_value=0,
                max_value=MOST_DROPPED,
                initial=rule.drop_lowest,
            )

    @property
    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each unit with its two fields."""
        return [(unit, self[f"weight-{n}"], self[f"drop-{n}"]) for n, unit in enumerate(self.units)]

    def clean(self) -> dict[str, Any]:
        """Refuse weights that are all 0: there would be no total."""
        data = super().clean() or {}
        weights = [value for name, value in data.items() if name.startswith("weight") and value is not None]
        if weights and not any(weights):
            raise forms.ValidationError("At least one unit needs a weight above 0.")
        return data

    @property
    def rules(self) -> dict[str, UnitRule]:
        """The rules. Only if the form is valid."""
        data = self.cleaned_data
        return {
            unit: UnitRule(weight=data[f"weight-{n}"], drop_lowest=data[f"drop-{n}"] or 0)
            for n, unit in enumerate(self.units)
        }


class HintRuleForm(forms.ModelForm):
    """When hints open in a course, unless an assignment says otherwise."""

    class Meta:
        model = Course
        fields = ["hint_rule"]
        labels = {"hint_rule": "When hints open in this course"}


class NewAssignmentForm(AssignmentForm):
    """The exercise of a new assignment, and its terms."""

    exercise = forms.ChoiceField(label="Exercise")
    slug = forms.CharField(
        label="Name in the URL",
        required=False,
        max_length=100,
        help_text="Empty: the exercise's own name. Fill it in if the course has this exercise already.",
        widget=forms.TextInput({"placeholder": "unit/name", "spellcheck": "false", "autocapitalize": "none"}),
    )

    class Meta(AssignmentForm.Meta):
        fields = ["exercise", "slug", *(name for name in AssignmentForm.Meta.fields if name != "position")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for exercise in readable_exercises():
            unit = exercise.slug.partition("/")[0].replace("-", " ").capitalize()
            groups.setdefault(unit, []).append((exercise.slug, exercise.title))
        self.fields["exercise"].choices = [("", "Choose one"), *groups.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Use the slug of the exercise if the field is empty."""
        data = super().clean() or {}
        return data | {"slug": data.get("slug") or data.get("exercise", "")}


class QueryForm(forms.Form):
    """Filters and order of the gradebook. Invalid values are ignored."""

    q = forms.CharField(label="Name, e-mail or ID", required=False, max_length=100)
    unit = forms.ChoiceField(label="Unit", required=False)
    which = forms.ChoiceField(
        label="Students",
        required=False,
        choices=[
            (Which.ALL, "Everybody"),
            (Which.NOT_BEGUN, "Have not started"),
            (Which.LATE, "Have a late penalty"),
            (Which.DECIDED, "Overrides and extensions"),
        ],
    )
    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[(Show.FINAL, "Final points"), (Show.RAW, "Raw points"), (Show.PENALTY, "Late penalties")],
    )
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, units: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [(unit, unit.replace("-", " ").capitalize()) for unit in units]
        self.fields["unit"].choices = [("", "All units"), *titles]  # type: ignore[attr-defined]

    def query(self, page: str) -> Query:
        """Return the query, with defaults for missing and invalid values."""
        self.is_valid()
        values = self.cleaned_data
        return Query(
            search=values.get("q", ""),
            unit=values.get("unit", ""),
            which=Which(values.get("which") or Which.ALL),
            show=Show(values.get("show") or Show.FINAL),
            sort=values.get("sort") or "name",
            page=int(page) if page.isdigit() else 1,
        )
