"""The commands `apitoken`, which makes tokens, and `submit`, which submits a file from a shell."""

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
from tests.support.mail import delivered
from tests.support.people import make_member, make_report, record


def run(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def make_api_token(course, *words):
    return run("apitoken", "my LMS", "--course", course.slug, "--scope", "submissions:write", *words)


@pytest.mark.django_db
def test_apitoken_prints_the_token_alone(assignment):
    printed = make_api_token(assignment.course, "--scope", "grades:read")

    row = find_token(printed.strip())
    assert printed.count("\n") == 1
    assert row.scopes == ["grades:read", "submissions:write"]
    assert list(row.courses.all()) == [assignment.course]
    assert row.expires_at is None


@pytest.mark.django_db(transaction=True)
def test_a_script_reads_no_mail_with_the_token(assignment, settings, capsys):
    settings.EMAIL_BACKEND = "server.common.console_mail.EmailBackend"
    make_member(assignment.course, "instructor", email="i@example.org")

    call_command("apitoken", "my LMS", "--course", assignment.course.slug, "--scope", "grades:read")

    printed = capsys.readouterr()
    assert find_token(printed.out.strip())
    assert "Subject" not in printed.err  # the records worker sends the mail
    delivered()
    assert "Subject: A new API token: my LMS" in capsys.readouterr().err


@pytest.mark.django_db
def test_apitoken_takes_days_a_person_and_an_owner(assignment, student):
    instructor = make_member(assignment.course, "instructor")

    row = find_token(make_api_token(assignment.course, "--days", "7", "--user", student.username).strip())

    assert (row.expires_at - row.created_at).days in {6, 7}
    assert (row.learner, row.owner) == (student, instructor)


@pytest.mark.django_db
def test_apitoken_revokes_by_name(assignment):
    token = make_api_token(assignment.course).strip()
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
def test_apitoken_refuses_missing_or_unknown_arguments(assignment, words):
    assignment.course.slug = "there"
    assignment.course.save()

    with pytest.raises(CommandError):
        run("apitoken", "x", *words)
    assert not ApiToken.objects.exists()


@pytest.fixture
def submit(live_server, call_with, assignment, student, tmp_path, monkeypatch):
    """Return a function that submits a file and ends the grading as given: (exit status, output)."""
    monkeypatch.setenv("CHAINRULE_TOKEN", call_with(learner=student).token)

    def go(report=None, *, state=None, slug="gradients/square", file="square.py"):
        (tmp_path / "square.py").write_text("def square(x):\n    return x * x\n")
        monkeypatch.setattr(client.time, "sleep", lambda _: end(report, state))
        out = io.StringIO()
        words = ["submit", str(tmp_path / file), "--assignment", slug, "--url", live_server.url]
        try:
            call_command(*words, stdout=out)
        except SystemExit as exit_:
            return exit_.code, out.getvalue()
        except CommandError as error:
            return error.returncode, str(error)

    return go


def end(report, state):
    if state:
        Submission.objects.update(state=state)
    else:
        record(Submission.objects.get(), report)


def test_submit_prints_findings_and_exits_with_0_for_full_points(submit):
    status, output = submit(make_report(10.0, 10.0))

    assert status == 0
    assert "queued" in output
    assert "graded: 10 of 10 points" in output
    assert "✓ Agrees with autograd  10/10" in output


def test_submit_exits_with_1_for_fewer_points(submit):
    status, output = submit(make_report(4.0, 10.0))

    assert status == 1
    assert "✗ Agrees with autograd  4/10" in output


def test_submit_exits_with_1_if_the_code_is_ungradable(submit):
    assert submit(make_report(0.0, 10.0, outcome=Outcome.UNGRADABLE))[0] == 1


def test_submit_exits_with_2_after_a_grading_error(submit):
    status, output = submit(state=State.ERROR)

    assert (status, "error" in output) == (2, True)


def test_submit_exits_with_2_if_assignment_or_file_is_missing(submit):
    assert submit(slug="no/such") == (2, "There is no assignment called no/such in the courses of this token.")
    assert submit(file="missing.py")[0] == 2


def test_submit_needs_a_token(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAINRULE_TOKEN", raising=False)

    with pytest.raises(CommandError, match="CHAINRULE_TOKEN") as error:
        call_command("submit", str(tmp_path), assignment="a/b")
    assert error.value.returncode == 2


def test_submit_explains_how_to_name_the_learner(live_server, assignment, tmp_path):
    owner = make_member(assignment.course, "instructor")
    _, token = make_token(name="t", courses=[assignment.course], scopes=[TokenScope.SUBMISSIONS_WRITE], owner=owner)
    file = tmp_path / "square.py"
    file.write_text("def square(x): return x * x")

    with pytest.raises(CommandError, match="--user ID"):
        call_command("submit", str(file), assignment=assignment.slug, url=live_server.url, token=token)


def test_the_client_reports_an_unreachable_server(monkeypatch):
    monkeypatch.setattr(client.time, "sleep", lambda _: None)

    with pytest.raises(client.ApiError, match=r"No answer from http://127\.0\.0\.1:1:"):
        Client(url="http://127.0.0.1:1", token="t").find_assignment("a/b")


def test_the_client_uses_only_fields_of_the_schema():
    assert {"assignment", "source", "user"} <= set(NewSource.model_fields)
    example = SubmissionOut.model_config["json_schema_extra"]["example"]
    assert Followed.of_json(SubmissionOut(**example).model_dump(mode="json")).given == 87.5
    assert "findings" in ReportOut.model_fields
    assert {"status", "title", "points", "max_points", "message", "explanation", "hint"} <= set(FindingOut.model_fields)
