"""An author's instance and a learner's sandbox on each engine."""

import pytest

from grader.sandboxes.select import open_author_sandbox, open_sandbox
from tests.support.engines import ENGINES


@pytest.fixture(
    scope="package",
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)],
)
def sandboxes(request):
    """The author's sandbox and the learner's, warm."""
    author, learner = open_author_sandbox(*ENGINES[request.param]), open_sandbox(*ENGINES[request.param])
    yield author, learner
    author.close()
    learner.close()


@pytest.fixture(autouse=True)
def versions(tmp_path, monkeypatch):
    """An empty cache of courses' packages."""
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
