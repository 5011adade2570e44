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


def test_a_job_from_before_libraries_is_read():
    data = make_job().to_dict()

    assert "library" not in data  # workers of the version before refuse what they do not know
    assert Job.from_dict(data).library == ""
    owned = make_job(library="course-7", digest="a" * 64)
    assert Job.from_dict(json.loads(json.dumps(owned.to_dict()))) == owned


@pytest.mark.parametrize(
    ("library", "digest"),
    [("course-7", ""), ("course-7", "../x"), ("../etc", "a" * 64), ("course-0", "a" * 64), ("course-7\n", "a" * 64)],
)
def test_a_library_needs_a_name_and_a_digest(library, digest):
    with pytest.raises(ValueError, match="library"):
        Job.from_dict(make_job().to_dict() | {"library": library, "digest": digest})
