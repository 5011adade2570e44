import json

import pytest

from grader.protocol.jobs import Job, Scope
from tests.support.reports import make_job


def test_a_job_survives_the_queue():
    job = make_job(scope=Scope.PUBLIC, seed=2**63 - 1)

    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job


def test_an_unknown_field_is_refused():
    with pytest.raises(ValueError, match="score"):
        Job.from_dict(make_job().to_dict() | {"score": 10})


def test_a_missing_field_is_refused():
    data = make_job().to_dict()
    del data["seed"]

    with pytest.raises(ValueError, match="seed"):
        Job.from_dict(data)
