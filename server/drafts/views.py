"""Saves a draft while the learner types."""

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from server.accounts.requests import Request
from server.drafts import services
from server.drafts.forms import DraftForm
from server.drafts.models import Draft
from server.gradebook.selectors import get_assignment
from server.submissions.errors import Unstorable


@require_POST
def save(request: Request, course: str, slug: str) -> JsonResponse:
    """Save the learner's draft: {"version", "other"}, or 422 with {"complaint"}.

    `other`, null or {"source", "saved_at"}, is the text that another browser saved since.
    """
    assignment = get_assignment(request.user, course, slug, permission="submissions.submit")
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"complaint": form.complaint}, status=422)
    data = form.cleaned_data
    try:
        draft = services.save(
            learner=request.user,
            assignment=assignment,
            source=data["source"],
            seen=data["version"],
            settled=data["settled"],
        )
    except Unstorable as error:
        return JsonResponse({"complaint": str(error)}, status=422)
    return JsonResponse({"version": draft.version, "other": _other(draft)})


def _other(draft: Draft) -> dict[str, object] | None:
    if draft.other_at is None or draft.other == draft.source:
        return None
    return {"source": draft.other, "saved_at": draft.other_at}
