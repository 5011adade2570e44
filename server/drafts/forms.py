"""The form that saves a draft."""

from django import forms

from server.submissions.forms import SubmissionForm


class DraftForm(SubmissionForm):
    """The source, the version that the browser started from, and whether the learner chose between two versions."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    settled = forms.BooleanField(required=False)
