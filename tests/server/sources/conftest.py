"""Fixtures of the tests of Git sources: a real repository behind a real server."""

import pytest

from server.sources import fetching, services
from server.sources.git.__main__ import fetch as fetch_here
from tests.support.git_servers import Repository, https_server, smart_http


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path)
    made.commit({"unit/slope/exercise.toml": b'title = "Slope"\n', "unit/slope/checks.py": b"x = 1\n"}, "First words")
    return made


@pytest.fixture
def add(course, instructor, repository, settings, monkeypatch):
    """Add a source of the repository. Fetches run in this process: what they do in their own is tested in `git`."""
    settings.SOURCES_ALLOW_PRIVATE = True
    monkeypatch.setattr(fetching.fetching, "fetch", lambda asked, seconds: fetch_here(asked))
    with https_server(smart_http(repository.bare.parents[1])) as url:

        def make(**fields):
            asked = {"address": f"{url}/prof/course.git", "branch": "main", "folder": "", "publishes": False}
            return services.add_source(fields.pop("course", course), **(asked | fields), by=instructor)

        yield make


@pytest.fixture
def source(add):
    made, made.secret = add()
    return made
