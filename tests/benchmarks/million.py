"""How fast pages, reconciling and the API are with a million submissions. A measurement, not a test:

    CHAINRULE_TEST_POSTGRES=postgres://... python -m tests.benchmarks.million
        [--courses 25] [--students 300] [--json FILE]

It makes years of courses (`tests.benchmarks.crowd`) in a database of its own, does what the server does, reads
PostgreSQL's query plans, and drops the database. For each piece of work it prints the milliseconds of wall time, the
processor time here and in the database (which must run on this machine), the number of queries, the most rows of
submissions that one step of a plan read, and whether any step read a whole big table. `tests/server/test_plans.py`
checks the same with a few students.
"""

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median

from tests.support.system import own_postgres_database

SCANNED = "reads all of "


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--courses", type=int, default=25)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--patience", type=float, default=0.3, help="Seconds for each piece of work.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with own_postgres_database(os.environ["CHAINRULE_TEST_POSTGRES"]) as url:
        measured = measure(url, patience=options.patience, courses=options.courses, students=options.students)
    show(measured)
    if options.json:
        options.json.write_text(json.dumps(measured, indent=2))


def measure(url, *, patience, **size):
    """Fill the empty database at an address and do the work; the figures as JSON data. Once per process."""
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "server.settings.test"}
    import django

    django.setup()
    from django.core.management import call_command

    from tests.benchmarks.crowd import Crowd, fill
    from tests.benchmarks.plans import BIG, ask
    from tests.benchmarks.work import pieces

    quiet()
    crowd = Crowd(**size)
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    courses = fill(crowd)
    filled = time.perf_counter() - began
    asked = {name: ask(work, patience=patience) for name, work in pieces(courses)}
    return {
        "submissions": crowd.submissions,
        "of_a_course": crowd.of_a_course,
        "filled_seconds": round(filled, 1),
        "work": {
            name: {
                "ms": round(1000 * median(one.times), 1),
                "p95_ms": round(1000 * one.p95, 1),
                "processor_ms": round(1000 * one.here, 1),
                "database_ms": round(1000 * one.there, 1),
                "queries": one.queries,
                "rows": one.rows(),
                "scans": {table: one.scans(table) for table in BIG if one.scans(table)},
            }
            for name, one in asked.items()
        },
    }


def quiet():
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def show(measured):
    print(
        f"{measured['submissions']} submissions, made in {measured['filled_seconds']} s; load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'':34}{'median':>9}{'95 %':>9}{'here':>9}{'database':>9}{'queries':>9}{'rows':>9}")
    for name, one in measured["work"].items():
        scanned = SCANNED + ", ".join(one["scans"]) if one["scans"] else ""
        times = f"{one['ms']:9.1f}{one['p95_ms']:9.1f}{one['processor_ms']:9.1f}{one['database_ms']:9.1f}"
        print(f"{name:34}{times}{one['queries']:9}{one['rows']:9}  {scanned}")


if __name__ == "__main__":
    main()
