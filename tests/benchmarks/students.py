"""What students do in the last hour, for locust (see `load`): open the page, type, do a test run, submit, wait.

Each goes round in about a minute. The wait is the page's own: the stream of events until the submission is over, then
the result. Its time, from the click to the word that it is over, is reported as SUBMIT_TO_SCORE. A page that is asked
for while the file CHAINRULE_LOAD_STORM exists is reported as PAGE_IN_STORM. CHAINRULE_LOAD_FROM is the number of the
first student.
"""

import itertools
import os
import random
import time
from pathlib import Path

from locust import FastHttpUser, between, task
from locust.exception import StopUser

from grader.packages.catalogue import find_package
from tests.benchmarks.learners import (
    COURSE,
    CSRF_TOKEN,
    DRAFT_VERSION,
    EVENTS_ADDRESS,
    PAGE,
    PAGE_IN_STORM,
    PASSWORD,
    SIGN_IN,
    SUBMIT_TO_SCORE,
)

CHECK_TO_SCORE = "check to score"
EXERCISES = ("gradients/two-variables", "derivatives/sin", "gradients/sum-of-matrix", "tracking/stop-gradient")
PACE = float(os.environ.get("CHAINRULE_LOAD_PACE", "8"))
STORM = Path(os.environ.get("CHAINRULE_LOAD_STORM", "/nowhere"))

_numbers = itertools.count(int(os.environ.get("CHAINRULE_LOAD_FROM", "1")))


def answers_to(slug):
    package = find_package(slug)
    wrong = [path.read_text() for path in sorted((package.folder / "mistakes").glob("*.py"))]
    return [package.solution, *wrong, "def broken(:\n"]


ANSWERS = {slug: answers_to(slug) for slug in EXERCISES}


class Someone(FastHttpUser):
    """A student of `load`'s course who signs in and opens an exercise."""

    abstract = True
    wait_time = between(0.5 * PACE, 1.5 * PACE)
    network_timeout = connection_timeout = 60.0

    def on_start(self):
        page = self.client.get("/accounts/login/", name=f"{SIGN_IN}: page")
        token = CSRF_TOKEN.search(page.text)[1]
        data = {"login": f"load{next(_numbers)}", "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.client.post("/accounts/login/", data=data, name=SIGN_IN)
        self.slug = random.choice(EXERCISES)
        self.open_page()

    def open_page(self):
        page = self.client.get(f"{COURSE}/{self.slug}/", name=PAGE_IN_STORM if STORM.exists() else PAGE)
        self.token = CSRF_TOKEN.search(page.text)[1]
        self.version = DRAFT_VERSION.search(page.text)[1]


class Newcomer(Someone):
    """One who comes in the storm and then only reads. When CHAINRULE_LOAD_NEWCOMERS are in, the run ends."""

    left = int(os.environ.get("CHAINRULE_LOAD_NEWCOMERS", "0"))

    def on_start(self):
        try:
            super().on_start()
        finally:
            Newcomer.left -= 1
        if not Newcomer.left:
            self.environment.runner.quit()

    @task
    def read(self):
        raise StopUser


class Student(Someone):
    """One who works on an exercise."""

    @task(1)
    def look(self):
        self.open_page()

    @task(4)
    def save_draft(self):
        source = random.choice(ANSWERS[self.slug]) + f"\n# {time.time()}\n"
        saved = self._post("draft", source, name="draft", version=self.version)
        self.version = str(saved.json()["version"])

    @task(1)
    def check(self):
        self._have_graded("check", name=CHECK_TO_SCORE)

    @task(1)
    def submit(self):
        self._have_graded("submit", name=SUBMIT_TO_SCORE)

    def _have_graded(self, what, *, name):
        clicked = time.perf_counter()
        answer = self._post(what, random.choice(ANSWERS[self.slug]), name=what)
        live = EVENTS_ADDRESS.search(answer.text)
        if live:
            self._follow(live[1])
        elif "score-number" not in answer.text and "result" not in answer.text:
            raise RuntimeError(f"{what} was not taken in: {answer.status_code}")
        self.environment.events.request.fire(
            request_type="WAIT",
            name=name,
            response_time=1000 * (time.perf_counter() - clicked),
            response_length=0,
            exception=None,
            context={},
        )

    def _follow(self, address):
        for line in self.client.iter_lines(address, name="events"):
            if line.strip() == "event: over":
                break
        self.client.get(address.removesuffix("events") + "result", headers={"HX-Request": "true"}, name="result")

    def _post(self, where, source, *, name, **more):
        data = {"source": source, "csrfmiddlewaretoken": self.token} | more
        headers = {"HX-Request": "true", "Referer": self.host}
        return self.client.post(f"{COURSE}/{self.slug}/{where}", data=data, headers=headers, name=name)
