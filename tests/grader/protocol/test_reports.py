import json

import pytest

from grader.protocol.reports import Outcome, Report, Status
from tests.support.reports import make_finding, make_report


def test_a_report_survives_the_queue():
    report = make_report(make_finding(message="raised", data={"error": "x"}), attachments=({"kind": "figure"},))

    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_an_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="splendid"):
        Report.from_dict(make_report().to_dict() | {"outcome": "splendid"})


def test_the_score_is_the_sum_of_the_points():
    report = make_report(make_finding(points=2.5, max_points=4), make_finding(points=1, max_points=6))

    assert (report.points, report.max_points) == (3.5, 10)


def test_ungradable_code_gets_nothing_whatever_its_findings_say():
    report = make_report(make_finding(points=5, max_points=5), outcome=Outcome.UNGRADABLE)

    assert (report.points, report.max_points) == (0, 5)


def test_the_public_form_has_exactly_the_documented_keys():
    public = make_report(make_finding(message="empty")).to_public()

    assert set(public) == {"slug", "outcome", "score", "findings", "output", "seconds", "sandbox", "runtime"}
    assert set(public["findings"][0]) == {
        "check", "title", "status", "points", "max_points", "message", "hint", "hints", "diagnosis", "case",
    }  # fmt: skip


def test_the_public_form_has_sentences():
    finding = make_finding(status=Status.FAILED, message="sign_flipped", hint="sign_flipped.hint")

    assert finding.to_public()["message"] == "Every number has the wrong sign."
    assert finding.to_public()["hint"].startswith("Is a minus sign missing")
    assert finding.to_public()["hints"] == [finding.hint_text, *finding.hint_texts[1:]]
    assert len(finding.hint_texts) == 3
