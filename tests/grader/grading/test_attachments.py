import base64
import io
import json
import math

import pytest
import torch
from PIL import Image

from grader.grading.attachments import attachments_of
from grader.grading.author import MAX_CURVE_POINTS, CaseAnswer
from grader.grading.charts import charts_of
from grader.packages.cases import Chart, Floats
from grader.sandboxes.base import Observation
from tests.support.reports import double, make_trial


class Drawing:
    """An exercise of which only the chart matters."""

    def argument_names(self, entry):
        return ()

    def chart(self, case, value):
        losses = value.get("losses", ())
        numbers = losses.values if isinstance(losses, Floats) else list(losses)
        path = value["path"].tolist() if "path" in value else []
        return Chart(title="Loss", lines={"losses": numbers, "path": path})


def attached(exercise, trial):
    answers = [CaseAnswer(case=trial.case, observation=trial.observation)]
    return attachments_of(exercise, answers, charts_of(exercise, [trial]))


class Plain:
    def chart(self, case, value):
        return None

    def argument_names(self, entry):
        return ()


TRUTH = {"losses": Floats((2.0, 1.0)), "path": double(1.0, 0.5)}


def series(value, truth=TRUTH, **case):
    attachments = attached(Drawing(), make_trial(value, truth, **{"public": True} | case))
    return [attachment for attachment in attachments if attachment["kind"] == "series"]


def test_curves_stand_beside_the_references():
    (attachment,) = series({"losses": [2.0, 1.5], "path": double(1.0, 0.25)})

    assert attachment["title"] == "Loss"
    assert attachment["series"] == [
        {"name": "losses", "yours": [2.0, 1.5], "reference": [2.0, 1.0]},
        {"name": "path", "yours": [1.0, 0.25], "reference": [1.0, 0.5]},
    ]


@pytest.mark.parametrize("value", [None, "rubbish", {}, {"losses": ["a", "b"], "path": double(1.0)}])
def test_a_value_of_another_shape_is_not_drawn(value):
    (attachment,) = series(value)

    assert [line["yours"] for line in attachment["series"]] == [[], []]


def test_a_secret_case_shows_nothing():
    assert series({"losses": [2.0, 1.5]}, public=False) == []


def test_a_number_that_is_not_finite_leaves_a_gap():
    (attachment,) = series({"losses": [math.nan, math.inf], "path": double(1.0, 0.25)})

    assert attachment["series"][0]["yours"] == [None, None]


def test_long_curves_are_thinned_out():
    long = {"losses": Floats(tuple(map(float, range(3 * MAX_CURVE_POINTS)))), "path": double()}

    (attachment,) = series({"losses": [1.0] * (3 * MAX_CURVE_POINTS), "path": double()}, truth=long)

    assert attachment["series"][0]["reference"][:3] == [0.0, 3.0, 6.0]
    assert len(attachment["series"][0]["yours"]) == MAX_CURVE_POINTS


def test_an_exercise_without_a_chart_shows_none():
    assert attached(Plain(), make_trial({}, {}, public=True)) == []


def answered(value, **more):
    trial = make_trial(truth={}, observation=Observation(value=value, **more), public=True, args=ARGUMENTS)
    return attached(Plain(), trial)


ARGUMENTS = (double(1.0).requires_grad_(), double(2.0), double(3.0).requires_grad_())
GRAPH = {"nodes": [{"id": 0, "name": "MulBackward0", "shape": None}], "edges": [], "capped": False}


@pytest.mark.parametrize(
    ("value", "cut_off"),
    [
        ({"gradients": [double(1.0), None]}, ["argument 3"]),
        ({"gradients": [None, None]}, ["argument 1", "argument 3"]),
        ({"gradients": [double(1.0), double(1.0)]}, []),
        ({"gradients": [None]}, []),
        ({"gradients": "none"}, []),
        (double(1.0), []),
    ],
)
def test_a_graph_names_the_arguments_it_does_not_reach(value, cut_off):
    assert answered(value, graph=GRAPH) == [{"kind": "graph", "case": "a case", "graph": GRAPH, "cut_off": cut_off}]


def test_only_real_pictures_are_shown():
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(buffer, format="PNG")
    png = torch.tensor(list(buffer.getvalue()), dtype=torch.uint8)

    (attachment,) = answered({"png": png})

    assert attachment["kind"] == "figure"
    with Image.open(io.BytesIO(base64.b64decode(attachment["png"]))) as image:
        assert (image.size, image.getpixel((0, 0))) == ((3, 2), (255, 0, 0))
    assert answered({"png": png[10:]}) == []


def test_a_case_without_an_answer_shows_nothing():
    assert attached(Drawing(), make_trial(truth=TRUTH, observation=None, public=True)) == []


def test_a_part_that_is_text_can_be_drawn():
    class Named(Plain):
        def chart(self, case, value):
            return Chart(title="Names", lines={"name": [1.0] if "name" in value else []})

    def yours(value):
        trial = make_trial(value, {"name": "adam"}, public=True)
        return attached(Named(), trial)[0]["series"][0]["yours"]

    assert yours({"name": "sgd"}) == [1.0]
    assert yours({"name": 3}) == []


class Fragile(Drawing):
    """A package whose chart expects numbers as large as the truth's."""

    slug = "unit/fragile"

    def chart(self, case, value):
        losses = [math.sqrt(number) for number in value["losses"].values] if "losses" in value else []
        return Chart(title="Loss", lines={"losses": losses})


def test_a_chart_that_fails_on_an_answer_lacks_only_that():
    truth = {"losses": Floats((4.0, 1.0))}

    (attachment,) = attached(Fragile(), make_trial({"losses": Floats((-1.0, 1.0))}, truth, public=True))

    assert attachment["series"] == [{"name": "losses", "yours": [], "reference": [2.0, 1.0]}]


@pytest.mark.parametrize("number", [1e308, -1e308, 5e-324, math.nan, -math.inf, 2**62])
def test_curves_of_any_numbers_are_json(number):
    (attachment,) = series({"losses": [number, number], "path": double(number, 1.0)})

    assert json.dumps(attachment, allow_nan=False)
