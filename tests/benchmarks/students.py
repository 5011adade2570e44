"""What students do in the last hour, for locust (see `load`): open the page, type, do a test run, submit, wait.

Each goes round in about a minute. The wait is the page's own: the stream of events until the submission is over, then
the result. Its time, from the click to the word that it is over, is reported as SUBMIT_TO_SCORE.
"""

import itertools
import os
import random
import time

from locust import FastHttpUser, between, task

from grader.packages.catalogue import find_package
from tests.benchmarks.learners import COURSE, CSRF_TOKEN, DRAFT_VERSION, EVENTS_ADDRESS

SUBMIT_TO_SCORE, CHECK_TO_SCORE = "submit to score", "check to score"
EXERCISES = ("gradients/two-variables", "derivatives/sin", "gradients/sum-of-matrix", "tracking/stop-gradient")
PACE = float(os.environ.get("CHAINRULE_LOAD_PACE", "8"))

_numbers = itertools.count(1)


def answers_to(slug):
    package = find_package(slug)
    wrong = [path.read_text() for path in sorted((package.folder / "mistakes").glob("*.py"))]
    return [package.solution, *wrong, "def broken(:\n"]


ANSWERS = {slug: answers_to(slug) for slug in EXERCISES}


class Student(FastHttpUser):
    """One student of `load`'s course, whose name is the password."""

    wait_time = between(0.5 * PACE, 1.5 * PACE)
    network_timeout = connection_timeout = 60.0

    def on_start(self):
        name = f"load{next(_numbers)}"
        page = self.client.get("/accounts/login/", name="sign in: page")
        data = {"login": name, "password": name, "csrfmiddlewaretoken": CSRF_TOKEN.search(page.text)[1]}
        self.client.post("/accounts/login/", data=data, name="sign in")
        self.slug = random.choice(EXERCISES)
        self.open_page()

    @task(1)
    def open_page(self):
        page = self.client.get(f"{COURSE}/{self.slug}/", name="page")
        self.token = CSRF_TOKEN.search(page.text)[1]
        self.version = DRAFT_VERSION.search(page.text)[1]

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
