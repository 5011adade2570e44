"""What a browser sends to have a draft saved."""

from django import forms

from server.submissions.forms import SubmissionForm


class DraftForm(SubmissionForm):
    """The source, the version that it was typed on, and whether the learner decided between two versions."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    settled = forms.BooleanField(required=False)
