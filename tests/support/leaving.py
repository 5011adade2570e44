"""Everything that leaves the server about a submission, for tests of what must not."""

from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from django.urls import reverse

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.submissions.live import snapshots
from tests.support.people import make_report, make_submission, record

LOOK, WHY, HOW = "Look at the exponent.", "The rule of powers explains it.", "Lower the exponent by one."
MESSAGES = f'''
[rooted]
sentence = "This is a root."
hint = "{LOOK}"
why = "{WHY}"
how = "{HOW}"

[turned]
sentence = "The sign is wrong."
hint = "Look at the sign."
why = "A minus turns it."
how = "Take out the minus."
'''


def hand_in_wrong(learner, assignment, mistake="rooted", **fields):
    """Hand in a wrong answer that gets a mistake of MESSAGES."""
    submission = make_submission(learner, assignment, **fields)
    record(submission, make_report(0, message=mistake, hint=f"{mistake}.hint", diagnosis=mistake))
    return submission


def body(response):
    """Return the text of a response. If it is a stream, read it until it ends."""
    if not response.streaming:
        return response.content.decode(errors="replace")
    if not response.is_async:
        return b"".join(response.streaming_content).decode()

    async def read():
        return [part async for part in response.streaming_content]

    # The stream reads in this thread, because the test's transaction is here. The test goes on with its connection.
    with (
        mock.patch.object(snapshots, "sync_to_async", lambda function, **_: sync_to_async(function)),
        mock.patch.object(snapshots, "close_old_connections"),
    ):
        return b"".join(async_to_sync(read)()).decode()


def pages_of(client, submission):
    """Return what the website gives to a browser: pages, parts, the stream and downloads."""
    course, slug = submission.assignment.course.slug, submission.assignment.slug
    own = ("detail", "result", "state", "events", "source")
    pages = [
        *(reverse(f"submissions:{name}", args=[course, slug]) for name in ("exercise", "history")),
        reverse("submissions:compare", args=[course, slug]) + f"?left={submission.pk}&right={submission.pk}",
        *(reverse(f"submissions:{name}", args=[submission.pk]) for name in own),
        *(reverse(f"courses:{name}", args=[course]) for name in ("home", "grades")),
        reverse("profile"),
    ]
    told = {page: body(client.get(page)) for page in pages}
    told["htmx"] = body(client.get(reverse("submissions:result", args=[submission.pk]), headers={"hx-request": "true"}))
    return told


def answers_of_the_api(student, submission):
    """Return what the API gives to a learner with a token."""
    _, token = make_token("mine", courses=[submission.assignment.course], scopes=list(TokenScope), learner=student)
    paths = (
        "/submissions",
        f"/submissions/{submission.pk}",
        f"/submissions/{submission.pk}/report",
        "/grades",
        f"/exercises/{submission.exercise}",
        "/assignments",
    )
    signed = {"authorization": f"Bearer {token}"}
    return {path: body(Client().get(f"/api/v1{path}", headers=signed)) for path in paths}


def everything_that_leaves(student, submission):
    """Return what every address gives to the learner of a submission, by address."""
    client = Client()
    client.force_login(student)
    told = pages_of(client, submission) | answers_of_the_api(student, submission)
    for path, text in told.items():
        assert text, path
    return told


def leaking(told, text):
    """Return the addresses that give a text."""
    return [path for path, said in told.items() if text in said]
