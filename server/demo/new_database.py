"""The tables of a new database, made from the models.

Django's `migrate` works through every state that the models ever had, which takes many times as long. A test compares
both databases. Production runs `migrate`.
"""

from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def prepare_database(alias: str = DEFAULT_DB_ALIAS) -> None:
    """Make the tables if the database is empty, else migrate it."""
    if connections[alias].introspection.table_names():
        call_command("migrate", database=alias, verbosity=0)
    else:
        _make_tables(alias)
        # Makes permissions and content types, as it does after `migrate`.
        emit_post_migrate_signal(verbosity=0, interactive=False, db=alias)


def _make_tables(alias: str) -> None:
    """Make all tables and note all migrations as applied, in one transaction: a kill leaves the database empty."""
    connection = connections[alias]
    # SQLite can switch its checks off only before the transaction.
    with connection.constraint_checks_disabled(), transaction.atomic(using=alias):
        with connection.schema_editor() as editor:
            for model in apps.get_models():
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for app, name in MigrationLoader(connection).disk_migrations:
            recorder.record_applied(app, name)
