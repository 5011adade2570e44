"""Rules for every test: nothing is skipped silently, and tests that use the database can run alone.

A test can be skipped only for a reason on the list below. When `make test` runs, which starts every service itself, any
other skip is a failure; the listed ones are named in the summary.

If CHAINRULE_ONLY_WITH_DATABASE is set, only tests that use Django's database run: `make test` runs them again on
PostgreSQL. Tests with the mark `walk` visit every page or operation and take long: if CHAINRULE_WALKS_FOLLOW is set,
they are left out, because that second run has them.
"""

import gc
import os
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

# What `make test` cannot provide: hardware, kernels, rights, and the settings of an engine if one was there before.
HONEST_SKIPS = (
    "needs an NVIDIA GPU",  # and `make gpu-test`
    "needs a kernel with Landlock",
    "needs root to become somebody else",
    "needs root for hosts of its own",
    "needs root and dockerd for an engine of its own",
    "needs a Docker engine with gVisor",
    "needs the old version in the history of this clone",
)

# The time of one example depends on the machine, so there is no deadline. If CI is set, examples are always the same.
settings.register_profile("chainrule", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chainrule")

STRICT = bool(os.environ.get("CHAINRULE_NO_SILENT_SKIPS"))
# `make pythons` has environments without torch: what imports it is left out there, and nowhere else.
WITHOUT_TORCH = find_spec("torch") is None
ONLY_WITH_DATABASE = bool(os.environ.get("CHAINRULE_ONLY_WITH_DATABASE"))
WALKS_FOLLOW = bool(os.environ.get("CHAINRULE_WALKS_FOLLOW"))


def reason_of(report):
    """The reason that a skipped test or module gave."""
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)


def fail_a_silent_skip(report):
    expected_to_fail = hasattr(report, "wasxfail")
    if STRICT and report.skipped and not expected_to_fail and not reason_of(report).startswith(HONEST_SKIPS):
        report.longrepr = f"Skipped, and not for a reason that tests/conftest.py lists: {reason_of(report)}"
        report.outcome = "failed"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_a_silent_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = fail_a_silent_skip((yield))
    if WITHOUT_TORCH and report.failed and "No module named 'torch'" in str(report.longrepr):
        report.outcome, report.longrepr, report.result = "passed", None, []
    return report


def pytest_collection_finish():
    # Imported modules stay until the end: the collector does not need to look through them when it runs.
    gc.collect()
    gc.freeze()


def touches_database(item):
    """Whether a test uses Django's database: if it has the mark, or if one of its fixtures does."""
    return bool({"db", "transactional_db"} & set(item.fixturenames) or item.get_closest_marker("django_db"))


def runs_now(item):
    """Whether a test belongs to this run, of the two that `make test` does."""
    if WALKS_FOLLOW and item.get_closest_marker("walk"):
        # A walk without the database would be in no run.
        return not touches_database(item)
    return touches_database(item) or not ONLY_WITH_DATABASE


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not runs_now(item)]
    items[:] = [item for item in items if runs_now(item)]
    config.hook.pytest_deselected(items=left_out)
