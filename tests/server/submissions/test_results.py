"""Pictures on the result page: only the owner sees them, and no markup gets through."""

import base64

import pytest
from django.urls import reverse

from server.submissions.rendering.figures import SIGNATURE, LearnerFigure
from tests.support.people import make_report, make_student, make_submission, record

ATTACK = "<script>alert(1)</script>"
GRAPH = {
    "nodes": [{"id": 0, "name": "MulBackward0", "shape": None}, {"id": 1, "name": "AccumulateGrad", "shape": [2]}],
    "edges": [[0, 1], [0, 1]],
    "capped": False,
}
EXHIBITS = [
    {"kind": "graph", "case": ATTACK, "graph": GRAPH, "cut_off": [ATTACK]},
    {"kind": "figure", "case": ATTACK, "png": base64.b64encode(SIGNATURE + b"pixels").decode()},
    {
        "kind": "series",
        "case": ATTACK,
        "title": ATTACK,
        "series": [{"name": ATTACK, "yours": [1.0], "reference": [2.0]}],
    },
]
EVIDENCE = {
    "heat_map": {"shape": [1, 4], "got": [1.0, 2.0, 4.0, 5.0], "expected": [1.0, 3.0, 4.0, 5.0]},
    "counterexample": {"call": f"square({ATTACK})", "got": ATTACK, "expected": "4"},
}


@pytest.fixture
def submission(student, assignment):
    submission = make_submission(student, assignment)
    data = {"error": ATTACK, "line": 2, "traceback": ATTACK}
    report = make_report(0, message="raised_at", data=data, evidence=EVIDENCE) | {"exhibits": EXHIBITS}
    record(submission, report)
    return submission


@pytest.fixture
def shown(client, student, submission):
    client.force_login(student)
    return client.get(submission.get_absolute_url()).text


def test_the_difference_from_the_reference_is_drawn_and_listed(shown):
    assert "1 of 4 numbers differ" in shown
    assert 'class="heat-8"' in shown
    assert "<code>[0, 1]</code>" in shown


def test_the_smallest_counterexample_is_told(shown):
    assert "Smallest example that goes wrong" in shown
    assert "square(&lt;script&gt;" in shown


def test_the_graph_is_drawn_with_what_is_cut_off(shown):
    assert "MulBackward0" in shown
    assert "×2" in shown
    assert "No path leads from your result back to" in shown
    assert 'class="graph-lost"' in shown


def test_the_line_that_failed_is_told_to_the_editor(shown):
    assert '"line": 2' in shown


def test_nothing_in_a_picture_is_markup(shown):
    assert ATTACK not in shown
    assert shown.count("&lt;script&gt;alert(1)") >= 8


def test_a_figure_is_served_to_its_owner_only_as_png(client, student, submission):
    client.force_login(student)
    address = reverse("submissions:figure", args=[submission.pk, LearnerFigure.read(EXHIBITS[1]).name])

    answer = client.get(address)

    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content == SIGNATURE + b"pixels"


def test_unknown_figures_are_not_found(client, student, submission):
    name = LearnerFigure.read(EXHIBITS[1]).name
    client.force_login(student)
    assert client.get(reverse("submissions:figure", args=[submission.pk, "0" * 32])).status_code == 404
    client.force_login(make_student(submission.course))
    assert client.get(reverse("submissions:figure", args=[submission.pk, name])).status_code == 404


def test_an_old_report_without_evidence_is_shown(client, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, make_report(0, evidence={"heat_map": "of another kind", "counterexample": 5}))
    client.force_login(student)

    assert client.get(submission.get_absolute_url()).status_code == 200
