"""The rules in tests/conftest.py, tried on small suites of their own."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import pytest

def test_for_a_gpu():
    pytest.skip("needs an NVIDIA GPU")

@pytest.mark.xfail(strict=True)
def test_known_to_fail():
    assert False

def test_lazy():
    pytest.skip("no time")
"""


@pytest.fixture
def suite(pytester):
    pytester.makeconftest((Path(__file__).parents[1] / "conftest.py").read_text())
    pytester.makepyfile(SUITE)
    return pytester


def outcome(suite):
    return suite.runpytest_subprocess("-p", "no:randomly", "-p", "no:django", "-W", "ignore").parseoutcomes()


def test_a_skip_that_is_not_listed_fails_the_run(suite, monkeypatch):
    monkeypatch.setenv("CHAINRULE_NO_SILENT_SKIPS", "1")

    assert outcome(suite) == {"skipped": 1, "xfailed": 1, "failed": 1}


def test_a_module_that_skips_itself_fails_the_run(suite, monkeypatch):
    monkeypatch.setenv("CHAINRULE_NO_SILENT_SKIPS", "1")
    suite.makepyfile(test_other="import pytest; pytest.skip('no time', allow_module_level=True)")

    assert outcome(suite)["errors"] == 1


def test_on_other_machines_tests_can_be_skipped(suite, monkeypatch):
    monkeypatch.delenv("CHAINRULE_NO_SILENT_SKIPS", raising=False)

    assert outcome(suite) == {"skipped": 2, "xfailed": 1}


def test_a_run_can_be_about_the_database_only(suite, monkeypatch):
    monkeypatch.setenv("CHAINRULE_ONLY_WITH_DATABASE", "1")
    suite.makepyfile("""
        import pytest

        @pytest.fixture
        def db(): ...

        @pytest.fixture
        def learner(db): ...

        def test_by_a_fixture(db): ...

        def test_by_way_of_another_fixture(learner): ...

        @pytest.mark.django_db
        def test_by_a_mark(): ...

        def test_without(): ...
    """)

    assert outcome(suite) == {"passed": 3, "deselected": 1}


def test_a_walk_runs_once_on_postgresql(suite, monkeypatch):
    suite.makepyfile("""
        import pytest

        @pytest.fixture
        def db(): ...

        @pytest.mark.walk
        def test_every_page(db): ...

        @pytest.mark.walk
        def test_without_database(): ...

        def test_one_page(db): ...
    """)

    monkeypatch.setenv("CHAINRULE_WALKS_FOLLOW", "1")
    first = outcome(suite)
    monkeypatch.delenv("CHAINRULE_WALKS_FOLLOW")
    monkeypatch.setenv("CHAINRULE_ONLY_WITH_DATABASE", "1")
    second = outcome(suite)

    assert first == {"passed": 2, "deselected": 1}
    assert second == {"passed": 2, "deselected": 1}
