"""Forms of regrade requests."""

from typing import Any

from django import forms

from server.regrade_requests.models import RequestState
from server.regrade_requests.services import LONGEST

DECISIONS = [
    (RequestState.KEPT, "Keep the grade"),
    (RequestState.CHANGED, "Change the grade"),
    (RequestState.AGAIN, "Grade the submission again"),
]


class AskForm(forms.Form):
    """A reason, and the check that it is about."""

    check_title = forms.ChoiceField(label="About", required=False)
    reason = forms.CharField(label="Why is the score wrong?", max_length=LONGEST, widget=forms.Textarea({"rows": 4}))

    def __init__(self, data: Any = None, *, titles: list[str]) -> None:
        super().__init__(data, auto_id="regrade-%s")
        choices = [("", "The whole score"), *((title, title) for title in titles)]
        self.fields["check_title"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """What happens to the grade, and an answer for the learner."""

    decision = forms.ChoiceField(label="Decision", choices=DECISIONS, widget=forms.RadioSelect)
    points = forms.FloatField(
        label="New points", required=False, min_value=0, help_text="Only if you change the grade."
    )
    text = forms.CharField(
        label="Answer to the learner",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4}),
        help_text="The learner reads it. It is also the reason that is kept with the grade.",
    )
