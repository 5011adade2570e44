"""A database made from the models is the one that the migrations make."""

from contextlib import contextmanager
from copy import deepcopy

import pytest
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from server.demo import new_database
from server.demo.new_database import prepare_database
from tests.support.system import own_postgres_database

ALIAS = "new"
# What `migrate` notes about itself.
NOTES = "django_migrations"


@contextmanager
def empty_name(folder):
    """The name of an empty database of the same kind as the test's own."""
    if connection.vendor == "sqlite":
        yield str(folder / "new.sqlite3")
        return
    parameters = connection.get_connection_params()
    server = "postgres://{user}:{password}@{host}:{port}/postgres".format(**{"password": ""} | parameters)
    with own_postgres_database(server) as url:
        yield url.rpartition("/")[2]


@pytest.fixture
def new(db, tmp_path):
    with empty_name(tmp_path) as name:
        settings = deepcopy(connection.settings_dict) | {"NAME": name}
        connections[ALIAS] = type(connections["default"])(settings, alias=ALIAS)
        try:
            yield connections[ALIAS]
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]


def schema(database):
    """Each table with its columns, keys, indexes and constraints. The order of columns does not matter to Django."""
    tables = {}
    with database.cursor() as cursor:
        for table in set(database.introspection.table_names(cursor)) - {NOTES}:
            columns = database.introspection.get_table_description(cursor, table)
            constraints = database.introspection.get_constraints(cursor, table)
            tables[table] = sorted(map(str, columns)), sorted(map(known_by, constraints.items()))
    return tables


def known_by(item):
    name, constraint = item
    # SQLite gives no names to checks of columns and to foreign keys.
    return str((name.rstrip("0123456789_"), sorted(constraint.items(), key=str)))


def rows(database):
    """How many rows each table has."""
    with database.cursor() as cursor:
        tables = sorted(set(database.introspection.table_names(cursor)) - {NOTES})
        return {table: cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def left_to_migrate(database):
    executor = MigrationExecutor(database)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def test_it_is_the_database_that_migrations_make(new):
    prepare_database(ALIAS)

    assert schema(new) == schema(connection)
    assert rows(new) == rows(connection)
    assert left_to_migrate(new) == []


def test_preparing_again_migrates_and_changes_nothing(new):
    prepare_database(ALIAS)
    before = rows(new)

    prepare_database(ALIAS)

    assert rows(new) == before


def test_a_failure_on_the_way_leaves_it_empty(new, monkeypatch):
    def fail(connection):
        raise KeyboardInterrupt

    monkeypatch.setattr(new_database, "MigrationLoader", fail)
    with pytest.raises(KeyboardInterrupt):
        prepare_database(ALIAS)
    monkeypatch.undo()

    assert new.introspection.table_names() == []
    prepare_database(ALIAS)
    assert left_to_migrate(new) == []
