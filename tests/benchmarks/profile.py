"""What a request and a submission cost: processor, SQL statements, Redis commands. A measurement: `make profile`

    python -m tests.benchmarks.profile [--base REV] [--rounds 2] [--requests 60] [--submissions 200] [--json FILE]

It starts PostgreSQL, Redis, the website (2 processes), the records worker and the grading worker (2 sandboxes of the
kind that CHAINRULE_SANDBOX names). First students ask for pages while the workers are stopped, then the workers work
off a backlog. Processor time is that of the processes, in milliseconds for a request or a submission, so it depends
less than a rate on what else runs on the machine. Statements and commands are counted in passes of their own, because
PostgreSQL then logs each statement.

`--base` measures a commit beside the present code: in each round first the commit and then the present code. The table
has the median of the rounds.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import docker
import psutil
import psycopg
import redis

from deploy.dev.processes import tail
from deploy.dev.services import postgres
from grader.packages.catalogue import find_package
from grader.sandboxes.orphans import OWNER, SANDBOX
from tests.benchmarks.learners import BACKLOG, COURSE, CSRF_TOKEN, DRAFT_VERSION, EVENTS_ADDRESS, PEOPLE, run
from tests.support.system import ROOT, whole_system

SLUG = "gradients/two-variables"
# Learners can have five open submissions; the script of the backlog gives each of them four.
EACH = 4
AT_ONCE = 4
COUNTED_REQUESTS, COUNTED_SUBMISSIONS = 8, 40
WEBSITE, RECORDS, GRADING, MAINS = "website", "records pool", "grading pool", "Celery mains"
SANDBOXES, POSTGRES, REDIS = "sandboxes", "PostgreSQL", "Redis"
PARTS = (WEBSITE, SANDBOXES, GRADING, RECORDS, MAINS, POSTGRES, REDIS)
# What a part has in its command; the first that fits. A process of no part of its own belongs to its parent's.
COMMANDS = {
    "granian": WEBSITE,
    "bwrap": SANDBOXES,
    "-A grader.worker": GRADING,
    "-A server": RECORDS,
    "postgres": POSTGRES,
    "redis-server": REDIS,
    "valkey": REDIS,
}
# The page that a learner opens, types in, and sends from, and what the browser then asks for.
A_SUBMISSION = {"exercise page": 1, "draft": 1, "submit": 1, "event stream": 1, "result": 1}
OVER = """SELECT s.id, u.username FROM submissions_submission s JOIN accounts_user u ON u.id = s.learner_id
WHERE s.state = 'graded' AND u.username LIKE 'load%' ORDER BY s.id"""
HASH = """
import time
from django.contrib.auth.hashers import make_password
began = time.process_time()
for _ in range(3):
    make_password("correct horse battery staple")
print((time.process_time() - began) / 3 * 1000)
"""
PRODUCTION = {"DJANGO_SETTINGS_MODULE": "server.settings.production", "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "a.test"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one request or submission costs: milliseconds of processor by part, statements and commands."""

    milliseconds: dict[str, float]
    statements: float
    commands: float


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", help="a commit to measure in turn with the present code")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    measured = compared(options) if options.base else {"now": [measure(options) for _ in range(options.rounds)]}
    figures = {name: middle(rounds) for name, rounds in measured.items()}
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def compared(options):
    """The figures of each round, by the names "base" and "now"."""
    found = {"base": [], "now": []}
    with worktree(options.base) as base, tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name, tree in (("base", base), ("now", ROOT)):
                found[name].append(in_another_process(tree, Path(folder) / "figures.json", options))
    return found


@contextmanager
def worktree(revision):
    """A folder with another commit, with this measurement and the present environment and styles."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        git("worktree", "add", "--detach", str(tree), revision)
        try:
            for name in ("profile.py", "learners.py"):
                shutil.copy(Path(__file__).with_name(name), tree / "tests" / "benchmarks" / name)
            for name in ("server/web/static/build", ".venv"):
                if not (tree / name).exists():
                    (tree / name).symlink_to((ROOT / name).resolve())
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def git(*words):
    subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True)


def in_another_process(tree, file, options):
    counts = ["--requests", str(options.requests), "--submissions", str(options.submissions)]
    command = [sys.executable, "-m", "tests.benchmarks.profile", *counts, "--json", str(file)]
    subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return json.loads(file.read_text())["now"]


def measure(options):
    """The figures of this code: {"requests": {name: cost}, "submission": cost, "memory": MiB, "hash": ms}."""
    students = max(40, options.submissions // EACH)
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as server:
        os.environ["CHAINRULE_TEST_POSTGRES"] = server
        folder = Path(name)
        with (
            whole_system(folder, website=False, env={"PGAPPNAME": "records"}) as system,
            replace(system, env=system.env | {"PGAPPNAME": "website"}).website(workers=2),
            system.grader(concurrency=2),
        ):
            run(system, PEOPLE.format(count=students))
            bench = Bench(system, folder, students)
            bench.warm_up()
            requests = bench.requests(options.requests)
            submission = bench.submissions(options.submissions)
            figures = {"requests": requests, "submission": submission, "memory": bench.memory()}
        return json.loads(json.dumps(figures | {"hash": hash_of_production(system)}, default=vars_of))


def vars_of(cost):
    return {name: getattr(cost, name) for name in Cost.__slots__}


def hash_of_production(system):
    """Milliseconds of processor that one password hash takes with the settings of production."""
    done = replace(system, env=system.env | PRODUCTION).manage("shell", "--verbosity", "0", "--no-imports", "-c", HASH)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


class Bench:
    """A system with its workers, whose costs are measured."""

    def __init__(self, system, folder, students):
        self.system, self.folder, self.students = system, folder, students
        self.db = psycopg.connect(system.env["DATABASE_URL"], autocommit=True)
        self.redis = redis.Redis.from_url(system.env["REDIS_URL"])
        self.source = find_package(SLUG).solution

    def warm_up(self):
        """Grade as many submissions as there are students, so that each has one and every process is warm."""
        self.system.manage("grade_samples", SLUG, "--timeout", "300").check_returncode()
        self.backlog(self.students)
        self.wait_for_grades()

    def backlog(self, count):
        run(self.system, BACKLOG.format(count=count))

    def wait_for_grades(self):
        while self.db.execute("SELECT 1 FROM submissions_submission WHERE state IN ('queued', 'running')").fetchone():
            time.sleep(0.05)

    def memory(self):
        """MiB of the system. Shared pages count once; containers are not ours."""
        found = (process.memory_full_info().pss for process, part in processes() if part)
        return sum(found) / 2**20

    def requests(self, count):
        """The cost of each kind of request, with nobody else at work."""
        with self.stopped_workers():
            browsers = [Browser(self.system, f"load{number}") for number in range(1, self.students + 1)]
            over = {name: str(pk) for pk, name in self.db.execute(OVER).fetchall()}
            kinds = {
                "sign-in page": lambda browser: browser.open_sign_in(),
                "sign-in": lambda browser: browser.sign_in(),
                "exercise page": lambda browser: browser.open_page(f"{COURSE}/{SLUG}/"),
                "draft": lambda browser: browser.save_draft(f"{COURSE}/{SLUG}/draft", self.source),
                "result": lambda browser: browser.result(over[browser.name]),
                "event stream": lambda browser: browser.get(f"/submissions/{over[browser.name]}/events"),
                "static file": lambda browser: browser.get("/static/favicon.svg"),
                "submit": lambda browser: browser.submit(f"{COURSE}/{SLUG}/submit", self.source),
            }
            for browser in browsers:
                browser.sign_in_once()
            for browser in browsers[:AT_ONCE]:
                browser.open_page(f"{COURSE}/{SLUG}/")
            found = {name: self.request(browsers, ask, count) for name, ask in kinds.items()}
        self.wait_for_grades()
        return found

    def request(self, browsers, ask, count):
        warm, rest = browsers[:AT_ONCE], browsers[AT_ONCE:]
        for browser in warm:
            ask(browser)
        work = [rest[number % len(rest)] for number in range(count)]
        before = spent()
        # A browser does one thing at a time.
        shares = [work[start::AT_ONCE] for start in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda share: [ask(browser) for browser in share], by_browser(shares)))
        milliseconds = each(spent(), before, count)
        counted = rest[-COUNTED_REQUESTS:]
        with self.counting("website") as counts:
            for browser in counted:
                ask(browser)
        return Cost(milliseconds=milliseconds, **counts(len(counted)))

    def submissions(self, count):
        """The cost of a submission that waits in a backlog, from the queue to its grade."""
        with self.stopped_workers():
            self.backlog(count)
            before, began = spent(), time.monotonic()
        self.wait_for_grades()
        milliseconds, rate = each(spent(), before, count), count / (time.monotonic() - began)
        print(f"{rate:.0f} submissions/s worked off, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        with self.stopped_workers():
            self.backlog(COUNTED_SUBMISSIONS)
        with self.counting("records") as counts:
            self.wait_for_grades()
        return Cost(milliseconds=milliseconds, **counts(COUNTED_SUBMISSIONS))

    @contextmanager
    def stopped_workers(self):
        """Stop both workers while the block runs. Nothing is lost: they go on at its end."""
        found = [process for process, part in processes() if part in {RECORDS, GRADING, MAINS}]
        for process in found:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in found:
                process.send_signal(signal.SIGCONT)

    @contextmanager
    def counting(self, who):
        """Yield a function from a number of requests to the statements of `who`, and all commands, for each."""
        self.log_statements(True)
        log = self.folder / "postgres.log"
        start, before, counted = log.stat().st_size, self.commands(), {}
        yield lambda count: {name: round(total / count, 1) for name, total in counted.items()}
        counted["commands"] = self.commands() - before
        self.log_statements(False)
        lines = log.read_text(errors="replace")[start:].splitlines()
        counted["statements"] = sum(line.startswith(f"{who}|LOG:  statement: ") for line in lines)
        assert lines, tail(log)

    def log_statements(self, on):
        settings = {"log_statement": "all" if on else "none", "log_line_prefix": "%a|"}
        for name, value in settings.items():
            self.db.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.db.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)

    def commands(self):
        stats = self.redis.info("commandstats")
        return sum(row["calls"] for name, row in stats.items() if name != "cmdstat_info")


def by_browser(shares):
    """Shares of work in which no browser is in two: a session's draft and page belong together."""
    found = [[] for _ in shares]
    places = {}
    for browser in (browser for share in shares for browser in share):
        places.setdefault(browser.name, len(places) % len(found))
        found[places[browser.name]].append(browser)
    return found


class Browser:
    """A student with a session and one connection that is kept open."""

    def __init__(self, system, name):
        self.port, self.name = system.port, name
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.cookies, self.page, self.version = {}, "", ""

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def open_sign_in(self):
        self.cookies = {}
        self.page = self.get("/accounts/login/")

    def sign_in_once(self):
        self.open_sign_in()
        self.sign_in()

    def sign_in(self):
        """Sign in with the token of a page from before; the session of a person is made anew."""
        self.cookies = {name: value for name, value in self.cookies.items() if name == "csrftoken"} or self._token()
        self.post("/accounts/login/", {"login": self.name, "password": self.name}, expected=302)
        # A form that is too old is also answered by a redirect.
        assert "sessionid" in self.cookies, "not signed in"

    def _token(self):
        self.open_sign_in()
        return self.cookies

    def open_page(self, path):
        self.page = self.get(path)
        self.version = DRAFT_VERSION.search(self.page)[1]

    def save_draft(self, path, source):
        if not self.version:
            self.open_page(path.removesuffix("draft"))
        data = {"source": f"{source}\n# {time.time()}\n", "version": self.version}
        self.version = str(json.loads(self.post(path, data))["version"])

    def submit(self, path, source):
        assert EVENTS_ADDRESS.search(self.post(path, {"source": f"{source}\n# {time.time()}\n"})), "not taken in"

    def result(self, pk):
        current = f"http://127.0.0.1:{self.port}{COURSE}/{SLUG}/"
        self.get(f"/submissions/{pk}/result", **{"HX-Request": "true", "HX-Current-URL": current})

    def post(self, path, data, expected=200):
        token = CSRF_TOKEN.search(self.page)[1]
        body = urlencode(data | {"csrfmiddlewaretoken": token})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, headers if expected == 302 else headers | {"HX-Request": "true"}, expected)

    def ask(self, method, path, body=None, headers=None, expected=200):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._send(method, path, body, {"Cookie": cookies, **(headers or {})})
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        assert answer.status == expected, (method, path, answer.status, text[:500])
        return text

    def _send(self, method, path, body, headers):
        try:
            self.connection.request(method, path, body, headers)
            return self.connection.getresponse()
        except (RemoteDisconnected, BrokenPipeError):
            # The website closes connections that are idle for some time.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            return self.connection.getresponse()


def spent():
    """Milliseconds of processor by part: of processes that run, and of their children that have ended."""
    found = Counter()
    for process, part in processes():
        if part:
            times = process.cpu_times()
            found[part] += 1000 * (times.user + times.system + times.children_user + times.children_system)
    found[SANDBOXES] += containers()
    return found


def each(after, before, count):
    return {part: round((after[part] - before[part]) / count, 2) for part in PARTS}


def processes():
    """Every process below this one with its part; None for those that only help with the measurement."""
    return [pair for child in psutil.Process().children() for pair in below(child, None)]


def below(process, inherited):
    try:
        words, children = " ".join(process.cmdline()), process.children()
        part = next((part for word, part in COMMANDS.items() if word in words), inherited)
        # A worker's pool has the command of its main process.
        shown = MAINS if part in {RECORDS, GRADING} and part != inherited else part
        return [(process, shown), *(pair for child in children for pair in below(child, part))]
    except psutil.NoSuchProcess:
        return []


def containers():
    """Milliseconds of processor that the containers of our grading worker have used."""
    if os.environ.get("CHAINRULE_SANDBOX", "docker") != "docker":
        return 0.0
    ours = {str(process.pid) for process, part in processes() if part in {GRADING, MAINS}}
    api, total = docker.from_env().api, 0
    for container in api.containers(filters={"label": [SANDBOX]}):
        if container["Labels"].get(OWNER, "::").split(":")[-2] in ours:
            stats = api.stats(container["Id"], stream=False, one_shot=True)
            total += stats["cpu_stats"]["cpu_usage"]["total_usage"]
    return total / 1e6


def middle(rounds):
    """The median of each figure over some rounds."""
    first = rounds[0]
    if isinstance(first, dict):
        return {key: middle([one[key] for one in rounds]) for key in first}
    return round(median(rounds), 2)


def report(figures):
    """Print the tables, in Markdown. Each figure of a base is left of the present one."""
    print("| request | website ms | PostgreSQL ms | statements | Redis commands |")
    print("|---|--:|--:|--:|--:|")
    for name in next(iter(figures.values()))["requests"]:
        costs = [one["requests"][name] for one in figures.values()]
        print_row(name, [[cost["milliseconds"][part] for cost in costs] for part in (WEBSITE, POSTGRES)], costs)
    print("\n| part of a submission | ms |\n|---|--:|")
    parts = {part: [one["submission"]["milliseconds"][part] for one in figures.values()] for part in PARTS}
    for part, values in parts.items():
        print(f"| {part} | {beside(values)} |")
    print(f"| together | {beside([sum(column) for column in zip(*parts.values(), strict=True)])} |")
    costs = [one["submission"] for one in figures.values()]
    print(f"| statements of the records pool | {beside([cost['statements'] for cost in costs])} |")
    print(f"| Redis commands | {beside([cost['commands'] for cost in costs])} |")
    print(f"| a submission with its pages | {beside([with_pages(one) for one in figures.values()])} |")
    print(f"| a password hash in production | {beside([one['hash'] for one in figures.values()])} |")
    print(f"| memory (MiB) | {beside([one['memory'] for one in figures.values()])} |")


def print_row(name, columns, costs):
    counts = [[cost["statements"] for cost in costs], [cost["commands"] for cost in costs]]
    print(f"| {name} | " + " | ".join(beside(values) for values in [*columns, *counts]) + " |")


def beside(values):
    return " → ".join(f"{value:.1f}" for value in values)


def with_pages(one):
    """Milliseconds of processor of a submission and of the requests around it, in all parts."""
    asked = (one["requests"][name]["milliseconds"] for name, count in A_SUBMISSION.items() for _ in range(count))
    return sum(sum(cost.values()) for cost in asked) + sum(one["submission"]["milliseconds"].values())


if __name__ == "__main__":
    main()
