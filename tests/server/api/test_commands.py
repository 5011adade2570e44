"""The commands: making tokens, and handing in from a shell."""

import io

import pytest
from django.core.management import CommandError, call_command

from grader.protocol.reports import Outcome
from server.api import client
from server.api.client import Client, Followed
from server.api.models import ApiToken, TokenScope
from server.api.schemas import FindingOut, NewSource, ReportOut, SubmissionOut
from server.api.tokens import find_token, make_token
from server.submissions.models import State, Submission
from tests.support.people import make_member, make_report, record


def run(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def make(course, *words):
    return run("apitoken", "my LMS", "--course", course.slug, "--scope", "submissions:write", *words)


@pytest.mark.django_db
def test_apitoken_prints_the_token_alone(assignment):
    printed = make(assignment.course, "--scope", "grades:read")

    row = find_token(printed.strip())
    assert printed.count("\n") == 1
    assert row.scopes == ["grades:read", "submissions:write"]
    assert list(row.courses.all()) == [assignment.course]
    assert row.expires_at is None


@pytest.mark.django_db
def test_apitoken_takes_days_a_person_and_an_owner(assignment, student):
    instructor = make_member(assignment.course, "instructor")

    row = find_token(make(assignment.course, "--days", "7", "--user", student.username).strip())

    assert (row.expires_at - row.created_at).days in {6, 7}
    assert (row.learner, row.owner) == (student, instructor)


@pytest.mark.django_db
def test_apitoken_revokes_by_name(assignment):
    token = make(assignment.course).strip()
    printed = run("apitoken", "my LMS", "--revoke")

    assert "revoked my LMS" in printed
    assert find_token(token) is None
    with pytest.raises(CommandError, match="no token"):
        run("apitoken", "my LMS", "--revoke")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--course", "no-such", "--scope", "grades:read"],
        ["--course", "there"],
        ["--course", "there", "--scope", "grades:read", "--user", "nobody"],
    ],
)
def test_apitoken_says_what_is_missing(assignment, words):
    assignment.course.slug = "there"
    assignment.course.save()

    with pytest.raises(CommandError):
        run("apitoken", "x", *words)
    assert not ApiToken.objects.exists()


@pytest.fixture
def submit(live_server, call_with, assignment, student, tmp_path, monkeypatch):
    """Return a function that hands in a file and has it end so; (exit status, what was said)."""
    monkeypatch.setenv("CHAINRULE_TOKEN", call_with(learner=student).token)

    def go(report=None, *, state=None, slug="gradients/square", file="square.py"):
        (tmp_path / "square.py").write_text("def square(x):\n    return x * x\n")
        monkeypatch.setattr(client.time, "sleep", lambda _: end(report, state))
        out = io.StringIO()
        words = ["submit", str(tmp_path / file), "--assignment", slug, "--url", live_server.url]
        try:
            call_command(*words, stdout=out)
        except SystemExit as left:
            return left.code, out.getvalue()
        except CommandError as error:
            return error.returncode, str(error)

    return go


def end(report, state):
    if state:
        Submission.objects.update(state=state)
    else:
        record(Submission.objects.get(), report)


def test_submit_tells_the_findings_and_exits_with_0_for_full_marks(submit):
    status, said = submit(make_report(10.0, 10.0))

    assert status == 0
    assert "queued" in said
    assert "graded: 10 of 10 points" in said
    assert "✓ Agrees with autograd  10/10" in said


def test_submit_exits_with_1_for_less(submit):
    status, said = submit(make_report(4.0, 10.0))

    assert status == 1
    assert "✗ Agrees with autograd  4/10" in said


def test_submit_exits_with_1_for_what_could_not_be_run(submit):
    assert submit(make_report(0.0, 10.0, outcome=Outcome.UNGRADABLE))[0] == 1


def test_submit_exits_with_2_when_we_err(submit):
    status, said = submit(state=State.ERROR)

    assert (status, "error" in said) == (2, True)


def test_submit_exits_with_2_and_a_sentence_when_there_is_nothing_to_hand_in_to(submit):
    assert submit(slug="no/such") == (2, "There is no assignment called no/such in the courses of this token.")
    assert submit(file="missing.py")[0] == 2


def test_submit_needs_a_token(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAINRULE_TOKEN", raising=False)

    with pytest.raises(CommandError, match="CHAINRULE_TOKEN") as error:
        call_command("submit", str(tmp_path), assignment="a/b")
    assert error.value.returncode == 2


def test_submit_says_how_to_name_the_learner(live_server, assignment, tmp_path):
    _, token = make_token(name="t", courses=[assignment.course], scopes=[TokenScope.SUBMISSIONS_WRITE])
    file = tmp_path / "square.py"
    file.write_text("def square(x): return x * x")

    with pytest.raises(CommandError, match="--user ID"):
        call_command("submit", str(file), assignment=assignment.slug, url=live_server.url, token=token)


def test_the_client_says_when_nobody_answers(monkeypatch):
    monkeypatch.setattr(client.time, "sleep", lambda _: None)

    with pytest.raises(client.ApiError, match=r"No answer from http://127\.0\.0\.1:1:"):
        Client(url="http://127.0.0.1:1", token="t").find_assignment("a/b")


def test_the_client_asks_and_reads_what_the_schema_knows():
    assert {"assignment", "source", "user"} <= set(NewSource.model_fields)
    example = SubmissionOut.model_config["json_schema_extra"]["example"]
    assert Followed.of_json(SubmissionOut(**example).model_dump(mode="json")).given == 87.5
    assert "findings" in ReportOut.model_fields
    assert {"status", "title", "points", "max_points", "message", "explanation", "hint"} <= set(FindingOut.model_fields)
