"""A package gives the same reports whether it is installed or belongs to a course."""

import json

import pytest

from grader.grading.fault_line import look
from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package, packages
from grader.protocol.jobs import Job, Scope
from tests.support.owned import LIBRARY, graded_by, owned_job, publish_installed

# Tensors and near misses, an expression of the learner's class, a graph, and data sets with pictures.
QUICK = ("derivatives/sin", "engine/scalar-engine", "tracking/computational-graph")
EVERY = [package.slug for package in packages() if package.manifest.runtime != "gpu"]
NIGHTLY = [pytest.param(slug, marks=pytest.mark.nightly) for slug in EVERY if slug not in QUICK]


def sources(slug):
    """The solution, the starter and two mistakes."""
    package = find_package(slug)
    mistakes = sorted((package.folder / "mistakes").glob("*.py"))[:2]
    return [package.solution, package.starter, *(path.read_text() for path in mistakes)]


def without_time(report):
    document = report.to_dict()
    del document["seconds"]
    return json.dumps(document)


@pytest.mark.parametrize("slug", [*QUICK, *NIGHTLY])
def test_the_reports_are_the_same_bytes(sandboxes, slug):
    author, learner = sandboxes
    digest = publish_installed(slug)

    for source in sources(slug):
        job = owned_job(slug, digest, source, variant=3)
        installed = grade(Job(**job.to_dict() | {"library": "", "scope": job.scope}), sandbox=learner)

        assert without_time(graded_by(author, learner, job)) == without_time(installed)


def test_a_test_run_sees_the_public_cases_only(sandboxes):
    author, learner = sandboxes
    slug = QUICK[0]
    job = owned_job(slug, publish_installed(slug), sources(slug)[2], scope=Scope.PUBLIC)
    installed = grade(Job(**job.to_dict() | {"library": "", "scope": job.scope}), sandbox=learner)

    assert without_time(graded_by(author, learner, job)) == without_time(installed)


def test_the_line_is_found_in_the_authors_instance(sandboxes):
    author, learner = sandboxes
    slug = "gradients/two-variables"
    job = owned_job(slug, publish_installed(slug), sources(slug)[2])
    report = graded_by(author, learner, job)
    generous = {"sandbox": learner, "processor_seconds": 60.0}

    found = look(job, report, author_sandbox=lambda: author, **generous)

    assert found == look(Job(**job.to_dict() | {"library": "", "scope": job.scope}), report, **generous)
    assert job.library == LIBRARY
