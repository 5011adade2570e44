"""How PostgreSQL executes the queries of some work: which nodes of each plan read which table, and how many rows."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

import psutil
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

BIG = ("submissions_submission", "insights_failedcheck", "gradebook_grade", "gradebook_gradechange")


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A node of a plan that reads a big table: how, and how many rows, also if the node filters them out."""

    table: str
    how: str
    rows: int
    sql: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A piece of work: seconds by the clock, processor seconds here and in the database, and the tables it read."""

    times: list[float]
    here: float
    there: float
    queries: int
    touches: list[Touch]

    @property
    def p95(self):
        """The 95th percentile of the seconds."""
        return quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]

    def scans(self, table="submissions_submission"):
        """Queries that read all of a table."""
        return [touch.sql for touch in self.touches if touch.table == table and touch.how == "Seq Scan"]

    def rows(self, table="submissions_submission"):
        """Most rows of a table that one node looked at."""
        return max((touch.rows for touch in self.touches if touch.table == table), default=0)


def ask(work: Callable[[], object], *, patience: float = 0.0) -> Asked:
    """Repeat some work until so many seconds are over, undo it each time, and return how its queries are executed."""
    work_and_undo(work)  # so that values that are read once per process do not count
    times, here, there = each(work, patience)
    with CaptureQueriesContext(connection) as captured:
        work_and_undo(work)
    queries = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))]
    found = [touch for sql in queries for touch in touches(sql)]
    return Asked(times=times, here=here, there=there, queries=len(queries), touches=found)


def each(work, patience):
    """Seconds of a piece of work: each time by the clock, and on average of processor here and in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    times, here, there = [], time.process_time(), spent(backend)
    while not times or sum(times) < patience:
        began = time.perf_counter()
        work_and_undo(work)
        times.append(time.perf_counter() - began)
    return times, (time.process_time() - here) / len(times), (spent(backend) - there) / len(times)


def spent(process):
    return sum(process.cpu_times()[:2])


def work_and_undo(work):
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def touches(sql):
    """Every node of a query's plan that reads a big table. Only reading is done to count the rows."""
    options = "ANALYZE, FORMAT JSON" if sql.startswith("SELECT") else "FORMAT JSON"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql}")
        (found,) = cursor.fetchone()
    plans = json.loads(found) if isinstance(found, str) else found
    return [
        Touch(table=node["Relation Name"], how=node["Node Type"], rows=looked_at(node), sql=sql)
        for node in nodes(plans[0]["Plan"])
        if node.get("Relation Name") in BIG
    ]


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def looked_at(node):
    passed_over = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node.get("Actual Rows", 0) + passed_over) * node.get("Actual Loops", 0))
