"""Every table has a row in the registry, and the registry says what the tables hold."""

from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import CharField, ForeignKey, JSONField, TextField

from server.accounts.models import User
from server.privacy.registry import TABLES, Mode, Treatment

LABELS = {model._meta.label for model in apps.get_models(include_auto_created=True)}
DOCUMENT = Path("docs/operator/data-protection.md")


def test_every_table_has_one_row_and_no_other_has():
    assert {label: count for label, count in Counter(one.model for one in TABLES).items() if count > 1} == {}
    assert LABELS - {one.model for one in TABLES} == set(), "say in server/privacy/registry.py what happens to them"
    assert {one.model for one in TABLES} - LABELS == set()


def columns_to_people(model):
    return {
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is User
    }


@pytest.mark.parametrize("policy", TABLES, ids=lambda one: one.model)
def test_each_column_that_names_a_person_is_accounted_for(policy):
    about = {policy.about.partition("__")[0]} if isinstance(policy.about, str) else set()
    named = about | set(policy.by) | set(policy.unlinked)

    if policy.table is User:
        named |= {"merged_into"}  # another account of the same person
    if callable(policy.about):
        # What a function finds is tested with a person who has everything.
        named |= {"recipient", "user"} & columns_to_people(policy.table)
    assert columns_to_people(policy.table) - named == set()


@pytest.mark.parametrize("policy", TABLES, ids=lambda one: one.model)
def test_what_a_row_names_exists_and_can_be_emptied(policy):
    fields = {field.name: field for field in policy.table._meta.fields}

    assert set(policy.texts) | set(policy.emptied) | set(policy.by) | set(policy.unlinked) <= set(fields)
    assert all(isinstance(fields[name], CharField | TextField) for name in policy.texts)
    assert all(isinstance(fields[name], CharField | TextField | JSONField) for name in policy.emptied)
    assert all(fields[name].null for name in policy.unlinked)
    assert (Treatment.EMPTIED in {policy.treatment(mode) for mode in Mode}) == bool(policy.emptied)


def test_the_document_for_data_protection_officers_has_each_row():
    rows = [
        f"| {one.holds[0].upper()}{one.holds[1:]} | {one.in_words(Mode.ERASE)} | {one.in_words(Mode.ANONYMOUS)} |"
        for one in TABLES
        if one.holds
    ]

    assert [row for row in rows if row not in DOCUMENT.read_text()] == []
