"""Packages of a course whose code attacks: the worker, other courses, learners, and the report itself.

`CHECKS` and `REFERENCES` replace a file of the scaffolded package. The code runs in the author's instance.
"""

# ruff: noqa: E501 - one attack a line

HONEST_REFERENCE = """
import json, math, os, signal, socket, subprocess, sys, threading, time
from torch import Tensor, tensor
from grader.authoring import Case, NearMiss, generator, normal, whole

def cases(seed):
    rng = generator(seed)
    return [
        Case(name="three numbers", entry="slope", args=(tensor([1.0, 2.0, -3.0]).double(),), public=True),
        Case(name="a single number", entry="slope", args=(normal(rng),)),
        Case(name="a vector", entry="slope", args=(normal(rng, whole(rng, 4, 9)),)),
    ]

def truth(case):
    return 3 * case.args[0] ** 2

witness = truth

def near_misses(case):
    return []

def counterexamples():
    return [Case(name="one number", entry="slope", args=(tensor(2.0).double(),))]
"""

LOOT = '''
import os, socket, subprocess

def attempts():
    """What an attacker wants: each function returns something if it gets it."""
    def connect(family, address):
        with socket.socket(family) as stream:
            stream.settimeout(0.5)
            stream.connect(address)
            return "connected"
    def read(path):
        with open(path, "rb") as file:
            return file.read(100)
    def others(folder):
        return [name for name in os.listdir(folder) if str(os.getpid()) not in name]
    yield "engine", lambda: connect(socket.AF_UNIX, "/var/run/docker.sock")
    yield "engine of the tests", lambda: connect(socket.AF_UNIX, ENGINE)
    yield "broker", lambda: connect(socket.AF_INET, BROKER)
    yield "network", lambda: connect(socket.AF_INET, ("1.1.1.1", 53))
    yield "environment", lambda: [name for name in os.environ if "REDIS" in name or "CHAINRULE" in name]
    yield "environment of the supervisor", lambda: read("/proc/1/environ")
    yield "memory of the supervisor", lambda: read("/proc/1/mem")
    yield "worker", lambda: [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > 1 and read(f"/proc/{pid}/environ")]
    yield "packages of the installation", lambda: os.listdir("/opt/chainrule/exercises")
    yield "repository", lambda: os.listdir(ROOT)
    yield "cache of packages", lambda: os.listdir(VERSIONS)
    yield "files of others", lambda: [name for name in os.listdir("/scratch") if os.listdir(f"/scratch/{name}") and name != str(os.getpid())]
    yield "accounts", lambda: read("/etc/shadow")
    yield "program", lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True) and "started"
    yield "checks on the disk", lambda: open("/opt/chainrule/grader/checks/check.py", "a") and "writable"
    yield "supervisor", lambda: os.kill(1, 9) or "killed"
    yield "device", lambda: os.mknod("node", 0o600 | 0o020000, os.makedev(1, 1)) or "made"

def loot():
    found = []
    for name, attempt in attempts():
        try:
            if got := attempt():
                found.append((name, str(got)[:60]))
        except (OSError, subprocess.SubprocessError, ValueError):
            pass
    return found
'''

FOREVER = "while True: pass"
EATS = "hoard = []\n    while True: hoard.append(bytearray(8_000_000))"
FORKS = """
    for _ in range(5000):
        try:
            if os.fork() == 0:
                time.sleep(30)
        except OSError:
            break
    raise RuntimeError("no more processes")
"""


def in_function(name: str, body: str, arguments: str = "*_") -> str:
    """The honest reference, with another body of one of its functions."""
    return f"{HONEST_REFERENCE}\ndef {name}({arguments}):\n    {body}\n"


# The code never answers, takes all memory, or ends its process. The text is in the error that the author gets.
REFERENCES = {
    "loops when it is loaded": (f"{HONEST_REFERENCE}\n{FOREVER}\n", "took longer"),
    "loops in cases": (in_function("cases", FOREVER), "took longer"),
    "loops in truth": (in_function("truth", FOREVER), "took longer"),
    "loops in near_misses": (in_function("near_misses", FOREVER), "took longer"),
    "loops in counterexamples": (in_function("counterexamples", FOREVER), "took longer"),
    "ignores every signal and loops": (
        in_function("cases", "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 14, 15)]\n    " + FOREVER),
        "took longer",
    ),
    "takes all memory": (in_function("truth", EATS), "memory|MemoryError"),
    "leaves with status 0": (in_function("truth", "os._exit(0)"), "ended its process"),
    "raises SystemExit": (in_function("truth", "sys.exit(3)"), r"reference\.py, line \d+, raised SystemExit: 3"),
    "kills itself": (in_function("truth", "os.kill(os.getpid(), signal.SIGKILL)"), "ended its process"),
    "recurses without an end": (in_function("truth", "return truth(*_)"), "RecursionError"),
    "divides by zero": (in_function("truth", "return 1 / 0"), r"reference\.py, line \d+, raised ZeroDivisionError"),
    "has no file of cases": ("import nothing_like_this", "ModuleNotFoundError|No module named"),
    "is not Python": ("def cases(:", r"reference\.py, line 1"),
    "writes bytes that are no frame": (
        in_function("cases", "os.write(4, b'\\xff' * 64)\n    time.sleep(9)"),
        "cannot be",
    ),
    "forges the end of its run": (
        in_function("cases", "os.write(4, b'\\x06\\x00\\x00\\x00\\x02{}')\n    time.sleep(9)"),
        "cannot be",
    ),
    "announces a frame of 4 GiB": (
        in_function("cases", "os.write(4, b'$\\xff\\xff\\xff\\xff')\n    time.sleep(9)"),
        "cannot be",
    ),
    "has too many cases": (in_function("cases", "return 600 * [Case(name='c', entry='slope')]"), "cannot be|at most"),
    "has a probe that does not exist": (
        in_function("cases", "return [Case(name='c', entry='slope', probe='shell')]"),
        "cannot be",
    ),
    "nests its arguments": (
        in_function(
            "cases",
            "deep = []\n    for _ in range(500): deep = [deep]\n    return [Case(name='c', entry='slope', args=(deep,))]",
        ),
        "cannot be|RecursionError|WireError",
    ),
    "sends a huge case": (
        in_function(
            "cases", "import torch\n    return [Case(name='c', entry='slope', args=(torch.zeros(9_000_000).double(),))]"
        ),
        "cannot be|PanicException|memory",
    ),
}

# What the worker must refuse of a judgement: {0} is the head of the reply, which the package's code changes.
FORGE = '''
import json, struct
import grader.grading.author_messages as messages
from grader.authoring import check

@check(points=1, partial=False)
def runs(trial):
    """The function runs and returns something"""
    trial.returned()

@check(points=9)
def slope_is_right(trial):
    """`slope` is the derivative at every entry"""
    trial.agrees()

_head, _checks = messages.judge_head, messages.checks_head

def forged(judgement):
    head = _head(judgement)
    finding = head["findings"][0]
    {0}
    return head

messages.judge_head = forged

def raw(text):
    """Send this text as the head of the next reply."""
    def join(head, parts=()):
        body = struct.pack(">I", len(text)) + text
        return struct.pack(">II", 1, len(body)) + body
    messages.join = join
'''

FORGERIES = {
    "points beyond the maximum": 'finding["points"] = 1000',
    "negative points": 'finding["points"] = -1',
    "points that are text": 'finding["points"] = "10"',
    "true for points": 'finding["points"] = True',
    "infinite points": """raw(json.dumps(head).replace('"points": 1', '"points": 1e999', 1).encode())""",
    "NaN for points": """raw(json.dumps(head).replace('"points": 1', '"points": NaN', 1).encode())""",
    "a finding of an unknown check": 'head["findings"].append({**finding, "check": "other"})',
    "a check twice": 'head["findings"].append(finding)',
    "findings in another order": 'head["findings"].reverse()',
    "no finding of a check": 'head["findings"].pop()',
    "a report for another exercise": 'head["slug"] = "derivatives/sin"',
    "a status that does not exist": 'finding["status"] = "excellent"',
    "a huge finding": 'finding["data"] = {"text": "x" * 3_000_000}',
    "hundreds of data": 'finding["data"] = {str(i): i for i in range(900)}',
    "data in data": 'finding["data"] = {"a": {"b": [1]}}',
    "a number of a thousand digits": 'finding["data"] = {"a": 10**1000}',
    "a heat map of other numbers": 'finding["evidence"] = {"heat_map": {"shape": [2, 3], "got": [1.0], "expected": [1.0]}}',
    "a counterexample of its own": 'finding["evidence"] = {"counterexample": {"call": "f()", "got": "1", "expected": "2"}}',
    "a chart of a secret case": 'head["charts"] = [[1, {"case": "c", "title": "t", "series": []}]]',
    "a chart of no case": 'head["charts"] = [[400, {"case": "c", "title": "t", "series": []}]]',
    "an unexplained check that does not exist": 'head["unexplained"] = ["other"]',
    "deep JSON": 'raw(b\'{"findings": \' + b"[" * 100_000 + b"]" * 100_000 + b"}")',
    "no JSON": 'raw(b"hello")',
    "a list": 'raw(b"[]")',
    "half of a surrogate pair as a name": """raw(b'{"findings": [], "unexplained": [], "charts": [], "\\\\ud800": 1}')""",
}

# It prepares the ground for the next grading, and goes on honestly.
LEAVES_STATE = '''
import os, sys, time
import grader.checks.compare, grader.checks.trials, grader.grading.scoring
from grader.authoring import check

grader.checks.trials.compare = lambda *_: None
grader.grading.scoring.fails = lambda *_: False
with open(os.path.expanduser("~/left"), "w") as file:
    file.write("observations of a learner")
try:
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
        os._exit(0)
except OSError:
    pass

@check(points=10)
def slope_is_right(trial):
    """`slope` is the derivative at every entry"""
    trial.agrees()
'''
