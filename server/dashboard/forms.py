"""Forms of the instructor's pages."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from server.accounts.models import User
from server.audit.models import AuditArea
from server.catalogue.exercises import readable_exercises
from server.common.moment_fields import MomentField, use_zone
from server.courses.models import Course, HintRule, Section
from server.courses.visibility import VisiblePeople
from server.dashboard.selectors.gradebook import Query, Show, Which
from server.gradebook.models import (
    LARGEST_FACTOR,
    LARGEST_WEIGHT,
    MOST_DROPPED,
    MOST_EXTRA_DAYS,
    Assignment,
    PracticeRule,
)
from server.gradebook.rules import MoreTime
from server.gradebook.totals import UnitRule
from server.packages.content import own_exercises
from server.packages.models import CoursePackage
from server.submissions.source_archive import AttemptChoice

# Keys of tables are smaller than 10 ** 18.
KEY_DIGITS = 18


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


class Decided(forms.Form):
    """A decision and its reason. Its times are in the zone of the course."""

    why = forms.CharField(label="Reason", max_length=500)

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        use_zone(self, course.zone)

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

    due_at = MomentField(label="Due")
    closes_at = MomentField(label="Closes")
    extra_attempts = forms.IntegerField(label="Extra attempts", min_value=0, max_value=1000, required=False, initial=0)
    field_order = ["due_at", "closes_at", "extra_attempts", "why"]

    def clean_extra_attempts(self) -> int:
        """An empty field means 0."""
        return self.cleaned_data["extra_attempts"] or 0


class ManyField(forms.ModelMultipleChoiceField):
    """Rows of a table; a key that no database can hold is refused like any other unknown one."""

    def clean(self, value: Any) -> Any:
        """Return the rows. Raises ValidationError."""
        for key in value or ():
            if len(str(key)) > KEY_DIGITS:
                raise forms.ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key}
                )
        return super().clean(value)


class MoreTimeForm(forms.Form):
    """More time for several people: in every assignment, or in chosen ones."""

    EVERY, CHOSEN = "every", "chosen"
    people = ManyField(User.objects.none(), required=False, help_text="Hold Ctrl or Command to choose several.")
    section = forms.ModelChoiceField(
        Section.objects.none(), label="And everybody in the section", required=False, empty_label="No section"
    )
    which = forms.ChoiceField(
        label="In which assignments",
        choices=[(EVERY, "In every assignment, later ones too"), (CHOSEN, "Only in the assignments that I choose")],
        initial=EVERY,
        widget=forms.RadioSelect,
    )
    assignments = ManyField(Assignment.objects.none(), required=False, help_text="Those with a due date.")
    days = forms.IntegerField(
        label="Calendar days more",
        min_value=0,
        max_value=MOST_EXTRA_DAYS,
        initial=0,
        help_text="After the due date that they have otherwise.",
    )
    factor = forms.FloatField(
        label="Times the time",
        min_value=1,
        max_value=LARGEST_FACTOR,
        initial=1,
        required=False,
        help_text="Only for every assignment. 1.5 means: half as much time again, from opening to due date. An "
        "assignment without an opening date gets the days alone.",
    )
    why = forms.CharField(label="Reason", max_length=500)

    def __init__(self, *args: Any, people: VisiblePeople, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = people
        students = User.objects.filter(pk__in=people.students.values("user"))
        fields: dict[str, Any] = self.fields
        fields["people"].queryset = students.order_by("last_name", "first_name", "username")
        fields["people"].label_from_instance = lambda user: f"{user.display_name} ({user.username})"
        fields["section"].queryset = people.sections
        fields["assignments"].queryset = people.course.assignments.filter(due_at__isnull=False)
        fields["assignments"].label_from_instance = lambda assignment: assignment.title

    @property
    def learners(self) -> list[User]:
        """The students who are chosen, by name or by section. Only if the form is valid."""
        section = self.cleaned_data["section"]
        of_section: Any = self.visible.in_section(section).students.values("user") if section else []
        chosen = {user.pk: user for user in self.cleaned_data["people"]}
        return list((chosen | {user.pk: user for user in User.objects.filter(pk__in=of_section)}).values())

    @property
    def more(self) -> MoreTime:
        """The time in every assignment. Only if the form is valid."""
        return MoreTime(days=self.cleaned_data["days"], factor=self.cleaned_data["factor"] or 1)


class AssignmentForm(forms.ModelForm):
    """The terms of an assignment. Its times are in the zone of the course."""

    opens_at = MomentField(label="Opens", help_text="Before, students see the title only.")
    due_at = MomentField(label="Due")
    closes_at = MomentField(label="Closes", help_text="From then on, nothing counts.")
    release_at = MomentField(label="Release the results at", help_text="Empty: when you press the button.")

    class Meta:
        model = Assignment
        fields = [
            "own_title",
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
            "takes_slip_days",
            "practice",
            "hint_rule",
            "results_held",
            "release_at",
            "show_edit",
            "position",
        ]
        labels = {
            "own_title": "Title",
            "position": "Position in the course",
            "attempts": "Attempts",
            "cooldown_seconds": "Seconds between attempts",
            "keeps": "Which attempt counts",
            "late_percent_per_day": "Late penalty for each calendar day begun (%)",
            "late_percent_cap": "Largest late penalty (%)",
            "grace_minutes": "Grace after the due date (minutes)",
            "bonus_points": "Bonus points",
            "takes_slip_days": "Late work uses slip days",
            "practice": "Practice after closing",
            "hint_rule": "When hints open",
            "results_held": "Hold results back",
            "show_edit": "Show the edit at the line to look at",
        }
        help_texts = {
            "own_title": "Empty: the exercise's own title.",
            "grace_minutes": "Work is not late until then. The first late day begins after the grace.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        course = self.instance.course
        use_zone(self, course.zone)
        slip_days = (
            f"Each student has {course.slip_days} in this course." if course.slip_days else "The course has none."
        )
        self.fields["takes_slip_days"].help_text = slip_days
        allowed = PracticeRule.YES if course.practice else PracticeRule.NO
        self.fields["bonus_points"].required = False
        practice = [("", f"As in the course: {allowed.label.lower()}"), *PracticeRule.choices[1:]]
        self.fields["practice"].choices = practice  # type: ignore[attr-defined]
        of_course = HintRule(course.hint_rule).label
        choices = [("", f"As in the course: {of_course[0].lower()}{of_course[1:]}"), *HintRule.choices]
        self.fields["hint_rule"].choices = choices  # type: ignore[attr-defined]
        as_course = "yes" if self.instance.course.show_edit else "no"
        shown = [("unknown", f"As in the course: {as_course}"), ("true", "Yes"), ("false", "No")]
        self.fields["show_edit"].widget.choices = shown

    def clean_bonus_points(self) -> float:
        """An empty field means none."""
        return self.cleaned_data["bonus_points"] or 0.0


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
    """When hints open in a course and if it shows edits, unless an assignment says otherwise."""

    class Meta:
        model = Course
        fields = ["hint_rule", "show_edit"]
        labels = {
            "hint_rule": "When hints open in this course",
            "show_edit": "Show the edit at the line to look at",
        }


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
        self.own = {one.choice: one for one in own_exercises(self.instance.course)}
        own = [(choice, f"{one.title} ({one.package.slug})") for choice, one in self.own.items()]
        every = [("This course's own", own), *groups.items()] if own else groups.items()
        self.fields["exercise"].choices = [("", "Choose one"), *every]  # type: ignore[attr-defined]

    @property
    def package(self) -> CoursePackage | None:
        """The package that was chosen; None for an exercise of the installation. Only if the form is valid."""
        return self.cleaned_data["package"]

    def clean(self) -> dict[str, Any]:
        """Use the slug of the exercise if the field is empty."""
        data = super().clean() or {}
        own = self.own.get(data.get("exercise", ""))
        if own is not None:
            data |= {"exercise": own.package.slug}
        data["package"] = own.package if own else None
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
