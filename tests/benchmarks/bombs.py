"""What the bombs of `tests.support.bombs` cost a running website, and other people's requests. Not a test:

    python -m tests.benchmarks.bombs [--json FILE]

Starts the whole system, signs in as students of the demo course, sends each bomb as a file, and meanwhile asks for
another page as another student, again and again. Prints, for each function that reads or shows learners' text, the
processor time and memory of its worst bomb; then, for each bomb, the status, the seconds until it was answered, and the
slowest other request.

    wanted: each bomb within 1 s, other requests under 0.5 s, 100 MiB
"""

import argparse
import json
import os
import re
import tempfile
import threading
import time
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import django
import requests

from tests.support.bombs import MIB, NOTEBOOKS, PAIRS, ROSTERS, SOURCES, STATEMENTS
from tests.support.bounded import spend
from tests.support.system import whole_system

COURSE, EXERCISE = "autograd-demo", "derivatives/sin"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """A signed-in student of the demo."""

    def __init__(self, base, name):
        self.base, self.session = base, requests.Session()
        self.send("/accounts/login/", {"login": name, "password": name}, form="/accounts/login/")

    def page(self, path):
        return self.session.get(self.base + path, timeout=60)

    def send(self, path, data, *, form, files=None):
        token = TOKEN.search(self.page(form).text)[1]
        headers = {"Referer": self.base}
        fields = {"csrfmiddlewaretoken": token} | data
        return self.session.post(self.base + path, fields, files=files, headers=headers, timeout=60)


@contextmanager
def others(visitor, path):
    """Ask for a page again and again; yields the seconds of each answer."""
    seconds, over = [], threading.Event()

    def ask():
        while not over.is_set():
            began = time.monotonic()
            visitor.page(path)
            seconds.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    yield seconds
    over.set()
    thread.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, whole_system(Path(folder)) as system:
        rows = measured(system)
    for name, bomb, spent in functions():
        print(f"{name:<20} {bomb:<30} {spent.seconds:5.2f} s of a processor  {spent.mebibytes:5.0f} MiB")
    for row in rows:
        print(f"{row['bomb']:<50} {row['status']} {row['seconds']:6.2f} s   others at most {row['others']:5.2f} s")
    print(f"slowest {max(row['seconds'] for row in rows):.2f} s, others {max(row['others'] for row in rows):.2f} s")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def functions():
    """Yield each function's name, and its worst bomb with what that spent."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "server.settings.test"
    django.setup()
    from server.common.highlighting import highlight_python
    from server.similarity.compare import compare
    from server.submissions.rendering.diffs import side_by_side
    from tests.server.bombs.test_functions import read_notebook, read_roster, render

    notebooks = {name: make(8 * MIB) for name, make in NOTEBOOKS.items()}
    every = {
        "highlighting": (highlight_python, SOURCES),
        "similarity": (lambda source: compare({"a": source, "b": source[1:]}, starter=""), SOURCES),
        "comparison": (lambda pair: len(side_by_side(*pair).rows), PAIRS),
        "notebook": (read_notebook, notebooks),
        "roster": (read_roster, ROSTERS),
        "statement": (render, STATEMENTS),
    }
    for name, (function, bombs) in every.items():
        spent = {bomb: spend(lambda given=given, f=function: len(str(f(given)))) for bomb, given in bombs.items()}
        worst = max(spent, key=lambda bomb: spent[bomb].seconds)
        yield name, worst, spent[worst]


def measured(system):
    page = f"/courses/{COURSE}/exercises/{EXERCISE}/"
    # Several, because a learner can upload only so many files a minute.
    attackers = cycle([Visitor(system.url, f"student{number}") for number in (57, 58, 59, 60)])
    other = Visitor(system.url, "student61")
    files = {name: ("bomb.ipynb", make(8 * MIB - 1000)) for name, make in NOTEBOOKS.items()}
    files |= {f"source: {name}": ("bomb.py", source) for name, source in SOURCES.items()}
    rows = []
    for name, (file, text) in files.items():
        with others(other, page) as seconds:
            began = time.monotonic()
            answer = next(attackers).send(f"{page}file", {}, form=page, files={"file": (file, text.encode())})
            spent = time.monotonic() - began
        rows.append({"bomb": name, "status": answer.status_code, "seconds": spent, "others": max(seconds)})
    return rows


if __name__ == "__main__":
    main()
