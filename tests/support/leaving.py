"""Everything that the server gives to one learner about one submission."""

from django.test import Client
from django.urls import reverse

from server.api.models import TokenScope
from server.api.tokens import make_token


def body(response):
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    return response.content.decode(errors="replace")


def everything_that_leaves(student, submission):
    """Return what every address gives to the learner of a submission: pages, parts, streams, downloads and the API."""
    client = Client()
    client.force_login(student)
    course, slug = submission.assignment.course.slug, submission.assignment.slug
    pages = [
        *(reverse(f"submissions:{name}", args=[course, slug]) for name in ("exercise", "history")),
        reverse("submissions:compare", args=[course, slug]) + f"?left={submission.pk}&right={submission.pk}",
        *(reverse(f"submissions:{name}", args=[submission.pk]) for name in ("detail", "result", "state", "source")),
        *(reverse(f"courses:{name}", args=[course]) for name in ("home", "grades")),
        reverse("profile"),
    ]
    told = {page: body(client.get(page)) for page in pages}
    told["htmx"] = body(client.get(reverse("submissions:result", args=[submission.pk]), headers={"hx-request": "true"}))
    _, token = make_token("mine", courses=[submission.assignment.course], scopes=list(TokenScope), learner=student)
    for path in (
        "/submissions",
        f"/submissions/{submission.pk}",
        f"/submissions/{submission.pk}/report",
        "/grades",
        f"/exercises/{submission.exercise}",
        "/assignments",
    ):
        told[path] = body(client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {token}"}))
    for path, text in told.items():
        assert text, path
    return told
