"""What holds for every test: nothing is skipped silently, and what touches the database can be run by itself.

A test may be skipped only for a reason on the list below. Under `make test`, which brings every service itself, any
other skip is a failure; the listed ones are named in the summary.

Under CHAINRULE_ONLY_WITH_DATABASE the run is about the tests that touch Django's database: `make test` has them once
more, on PostgreSQL.
"""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

# What `make test` cannot bring: hardware, kernels, rights, and the settings of an engine that was there before.
HONEST_SKIPS = (
    "needs an NVIDIA GPU",  # and `make gpu-test`
    "needs a kernel with Landlock",
    "needs root to become somebody else",
    "needs root and dockerd for an engine of its own",
    "needs a Docker engine with gVisor",
)

# How long one example takes says more of the machine than of the code. Where CI is set, they are the same each time.
settings.register_profile("chainrule", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chainrule")

STRICT = bool(os.environ.get("CHAINRULE_NO_SILENT_SKIPS"))
ONLY_WITH_DATABASE = bool(os.environ.get("CHAINRULE_ONLY_WITH_DATABASE"))


def reason_of(report):
    """The words a skipped test or module gave."""
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
    return fail_a_silent_skip((yield))


def pytest_collection_finish():
    # What was imported stays to the end: Python need not look through all of it for what can go, again and again.
    gc.collect()
    gc.freeze()


def touches_database(item):
    """Whether a test has a database of Django's: by a fixture, its own or another's, or by the mark."""
    return bool({"db", "transactional_db"} & set(item.fixturenames) or item.get_closest_marker("django_db"))


def pytest_collection_modifyitems(config, items):
    if ONLY_WITH_DATABASE:
        left_out = [item for item in items if not touches_database(item)]
        items[:] = [item for item in items if touches_database(item)]
        config.hook.pytest_deselected(items=left_out)
