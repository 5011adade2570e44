"""The audit log of a course: who did what to grades, people, tokens, connections and terms."""

import csv
from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.audit.models import AuditEntry
from server.audit.selectors import entries_of
from server.audit.sentences import sentence
from server.courses.access import taught_course
from server.courses.visibility import visible_people
from server.dashboard.forms import AuditFilterForm
from server.gradebook.exports.safe_values import safe

PER_PAGE = 50
# A file has the newest entries, at most so many.
IN_A_FILE = 50_000


@never_cache
@require_GET
def audit(request: Request, slug: str) -> HttpResponse:
    """A page of the log, newest first. `before` is the id of the entry after which the page begins."""
    course = taught_course(request, slug, permission="audit.view")
    form = AuditFilterForm(request.GET)
    rows = entries_of(visible_people(request.user, course), **form.filters)
    if form.before is not None:
        rows = rows.filter(pk__lt=form.before)
    found = list(rows[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    context = {
        "course": course,
        "tab": "changes",
        "form": form,
        "entries": [(entry, sentence(entry)) for entry in shown],
        "older": shown[-1].pk if len(found) > PER_PAGE else None,
        "begun": form.before is not None,
    }
    return render(request, "dashboard/audit.html", context)


@never_cache
@require_GET
def audit_file(request: Request, slug: str) -> StreamingHttpResponse:
    """The log with the same filters, as a CSV file."""
    course = taught_course(request, slug, permission="audit.view")
    rows = entries_of(visible_people(request.user, course), **AuditFilterForm(request.GET).filters)[:IN_A_FILE]
    headers = {
        "Content-Disposition": f'attachment; filename="{course.slug}-audit-log.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(_lines(list(rows)), content_type="text/csv", headers=headers)


class _Echo:
    """A file whose `write` returns what it was given."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: list[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["when", "by", "through", "kind", "about", "what happened", "before", "after", "reason"])
    for row in rows:
        values = [
            timezone.localtime(row.at).isoformat(timespec="seconds"),
            row.by.username if row.by else "",
            row.token or row.origin,
            row.action,
            row.about.username if row.about else "",
            sentence(row),
            row.before,
            row.after,
            row.why,
        ]
        yield writer.writerow([safe(value) for value in values])
