"""`make test` runs tests that use the database twice, and passes only if both runs pass."""

import pytest

from deploy.dev import test as command

ENV = {"CHAINRULE_TEST_POSTGRES": "postgres://somewhere/postgres", "REDIS_URL": "redis://somewhere"}


@pytest.fixture
def runs(monkeypatch):
    """Let pytest exit with these codes; when a run starts, its variables are added to the list."""

    def end_with(*codes):
        rest, seen = list(codes), []

        def run(env, arguments):
            seen.append(env)
            return rest.pop(0)

        monkeypatch.setattr(command, "pytest", run)
        return seen

    return end_with


def test_the_second_run_uses_postgresql_and_database_tests(runs):
    seen = runs(0, 0)

    assert command.on_both_databases(ENV, []) == 0
    first, second = seen
    assert first == ENV | {"CHAINRULE_WALKS_FOLLOW": "1"}
    assert second == ENV | {"DATABASE_URL": "postgres://somewhere/postgres", "CHAINRULE_ONLY_WITH_DATABASE": "1"}


@pytest.mark.parametrize(
    ("codes", "code"),
    [((1, 0), 1), ((0, 1), 1), ((2, 1), 2), ((0, command.NOTHING_TO_RUN), 0), ((5, 0), 0), ((5, 1), 1), ((5, 5), 5)],
)
def test_a_failure_in_either_run_is_a_failure(runs, codes, code):
    runs(*codes)

    assert command.on_both_databases(ENV, []) == code
