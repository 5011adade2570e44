from grader.protocol.reports import Finding, Status
from server.submissions.rendering.causes import by_cause


def failed(check, **fields):
    fields = {"title": check, "status": Status.FAILED, "points": 0, "max_points": 1} | fields
    return Finding(check=check, **fields)


def example(call, got):
    return {"counterexample": {"call": call, "got": got, "expected": "1"}}


def groups(*findings):
    return [[finding.check for finding in group] for group in by_cause(findings)]


def test_one_diagnosis_is_one_cause():
    assert groups(failed("a", diagnosis="sign"), failed("b", diagnosis="sign"), failed("c", diagnosis="scaled")) == [
        ["a", "b"],
        ["c"],
    ]


def test_one_error_at_one_line_is_one_cause():
    first = failed("a", message="raised_at", data={"error": "ValueError: (2,)", "line": 3})
    again = failed("b", message="raised_at", data={"error": "ValueError: (5,)", "line": 3})
    other = failed("c", message="raised_at", data={"error": "ValueError: (5,)", "line": 4})

    assert groups(first, again, other) == [["a", "b"], ["c"]]


def test_the_same_example_is_one_cause_and_joins_others():
    none = failed("a", message="returned_none", evidence=example("f(1)", "None"))
    lost = failed("b", diagnosis="no_gradient", evidence=example("f(1)", "None"))
    too = failed("c", diagnosis="no_gradient", evidence=example("f(2)", "None"))

    assert groups(none, lost, too) == [["a", "b", "c"]]


def test_a_diagnosis_comes_before_bare_numbers():
    assert groups(failed("a", message="wrong"), failed("b", diagnosis="sign")) == [["b"], ["a"]]


def test_what_passed_has_no_cause():
    assert groups(failed("a", status=Status.PASSED), failed("b", status=Status.SKIPPED)) == []


def test_odd_evidence_does_not_break_the_page():
    assert groups(failed("a", evidence={"counterexample": 5}), failed("b", data={"error": 5, "line": []})) == [
        ["a", "b"]
    ]
