"""A database made from the models is the one that the migrations make."""

from contextlib import ExitStack, contextmanager
from copy import deepcopy

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from server.demo import new_database
from server.demo.new_database import prepare_database
from tests.support.system import own_postgres_database

# What `migrate` notes about itself.
NOTES = "django_migrations"
# Django's own model has an integer here, and its migration makes a bigint of it in a project whose keys are such.
OTHER_SIZE = ("auth_group_permissions", "id")


@pytest.fixture
def new(db, tmp_path, settings):
    """The alias of an empty database of the same kind as the test's own; with another word, of one more."""
    # Tests have no migrations otherwise.
    settings.MIGRATION_MODULES = {}
    with ExitStack() as stack:
        yield lambda word="new": stack.enter_context(empty_database(word, tmp_path))


@contextmanager
def empty_database(alias, folder):
    with empty_name(folder / f"{alias}.sqlite3") as name:
        values = deepcopy(connection.settings_dict) | {"NAME": name}
        values["OPTIONS"].pop("pool", None)  # Django keeps a pool for each alias
        connections[alias] = type(connections["default"])(values, alias=alias)
        try:
            yield alias
        finally:
            connections[alias].close()
            del connections[alias]


@contextmanager
def empty_name(file):
    if connection.vendor == "sqlite":
        yield str(file)
        return
    server = "postgres://{user}:{password}@{host}:{port}/postgres".format(
        **{"password": ""} | connection.get_connection_params()
    )
    with own_postgres_database(server) as url:
        yield url.rpartition("/")[2]


def schema(database):
    """Each table with its columns, keys, indexes and constraints. The order of columns does not matter to Django."""
    tables = {}
    with database.cursor() as cursor:
        for table in set(database.introspection.table_names(cursor)) - {NOTES}:
            columns = [
                column
                for column in database.introspection.get_table_description(cursor, table)
                if (table, column.name) != OTHER_SIZE
            ]
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


def left_to_migrate(alias):
    executor = MigrationExecutor(connections[alias])
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def test_it_is_the_database_that_migrations_make(new):
    made, migrated = new("made"), new("migrated")

    prepare_database(made)
    call_command("migrate", database=migrated, verbosity=0)

    assert left_to_migrate(made) == left_to_migrate(migrated) == []
    assert schema(connections[made]) == schema(connections[migrated])
    assert rows(connections[made]) == rows(connections[migrated])


def test_preparing_again_migrates_and_changes_nothing(new):
    alias = new()
    prepare_database(alias)
    before = rows(connections[alias])

    prepare_database(alias)

    assert rows(connections[alias]) == before


def test_a_failure_on_the_way_leaves_it_empty(new, monkeypatch):
    def fail(connection):
        raise KeyboardInterrupt

    alias = new()
    monkeypatch.setattr(new_database, "MigrationLoader", fail)
    with pytest.raises(KeyboardInterrupt):
        prepare_database(alias)
    monkeypatch.undo()

    assert connections[alias].introspection.table_names() == []
    prepare_database(alias)
    assert left_to_migrate(alias) == []
