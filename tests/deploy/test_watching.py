"""The dashboard and the alerts query metrics that exist, with labels that they have."""

import json
import re

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.dev.base import ROOT
from grader.telemetry import metrics
from grader.worker import circuit_breaker
from server.observability.gauges import Gauges

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "chainrule.json").read_text())
ALERTS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
RULES = [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
NAME = re.compile(r"\bchainrule_\w+")
GROUPED = re.compile(r"\bby \(([^)]*)\)")

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported():
    """The names of all metrics that some process exports."""
    families = [*REGISTRY.collect(), *Gauges().collect(), *circuit_breaker.state.collect()]
    ours = [family for family in families if family.name.startswith("chainrule_")]
    return {family.name + suffix for family in ours for suffix in SUFFIXES[family.type]}


@pytest.mark.parametrize("query", [*QUERIES, *RULES])
def test_a_query_uses_exported_metrics(query, exported):
    queried = set(NAME.findall(query))

    assert queried
    assert queried <= exported


def test_every_exported_metric_is_on_the_dashboard(exported):
    queried = {name for query in QUERIES for name in NAME.findall(query)}
    families = {re.sub("_(total|bucket|sum|count)$", "", name) for name in exported}

    assert {name for name in families if not any(one.startswith(name) for one in queried)} == set()


def test_queries_group_by_existing_labels():
    counted = [value for value in vars(metrics).values() if hasattr(value, "_labelnames")]
    labels = {label for metric in counted for label in metric._labelnames} | {"le", "queue", "part"}

    grouped = {label.strip() for query in QUERIES + RULES for by in GROUPED.findall(query) for label in by.split(",")}

    assert grouped
    assert grouped <= labels
