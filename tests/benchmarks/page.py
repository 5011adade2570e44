"""How long it takes from the click on Submit to the score on the page, in a real browser. A measurement, not a test:

    python -m tests.benchmarks.page [--rounds 30] [--exercise derivatives/sin] [--stream off] [--json FILE]

It starts the whole system (database, Redis, website, records worker, grading worker), signs in as a student of the
demo course and hands the exercise's solution in again and again. The browser's own clock runs from the click to the
moment at which the score of this very attempt stands in the page. The clocks of browser and server are those of one
machine, so the way can be split:

    taken in   click -> the server takes the submission in
    answered   click -> the page has the server's answer to the click (beside the others, not one of them)
    graded     taken in -> the report is written down: queue, sandbox, queue again
    shown      -> the browser has heard of it, and the score stands in the page

Where others use the machine too, the shares of the phases say more than the sum.
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from deploy.dev.browser import ARGUMENTS, chromium_program
from grader.packages.catalogue import find_package
from tests.support.system import whole_system

COURSE, STUDENT = "autograd-demo", "student60"
WARM_UP = 3
PHASES = ("taken in", "answered", "graded", "shown", "all of it")

# Clicks, and resolves with the times in milliseconds of the epoch. It looks when the page changes.
CLICK = """
(attempt) => new Promise((resolve) => {
  const epoch = (moment) => performance.timeOrigin + moment;
  const results = document.querySelector("#results");
  performance.clearResourceTimings();
  const observer = new MutationObserver(() => {
    if (!results.querySelector(".score-number") || !results.textContent.includes(`Attempt ${attempt}`)) return;
    const shown = performance.now();
    observer.disconnect();
    const posted = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/submit"));
    resolve({ click: epoch(clicked), answered: epoch(posted.responseEnd), shown: epoch(shown) });
  });
  observer.observe(results, { childList: true, subtree: true });
  const clicked = performance.now();
  document.querySelector("#submit").click();
})
"""

TIMES = """
from server.submissions.models import Submission
import json
rows = Submission.objects.filter(learner__username={student!r}).order_by("number")
print(json.dumps([[1000 * row.submitted_at.timestamp(), 1000 * row.finished_at.timestamp()] for row in rows]))
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--exercise", default="derivatives/sin")
    parser.add_argument("--stream", choices=["on", "off"], default="on", help="off: server-sent events are cut off")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, whole_system(Path(folder)) as system, system.grader():
        seen = click_again_and_again(system, options)
        done = system.manage("shell", "--verbosity", "0", "-c", TIMES.format(student=STUDENT))
        done.check_returncode()
        written = json.loads(done.stdout)
    report([phases(*pair) for pair in zip(seen, written, strict=True)][WARM_UP:], options)


def click_again_and_again(system, options):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=ARGUMENTS)
        page = browser.new_page()
        if options.stream == "off":
            page.route("**/events", lambda route: route.fulfill(status=204))
        page.goto(f"{system.url}/accounts/login/?next=/courses/{COURSE}/exercises/{options.exercise}/")
        page.get_by_label("User name").fill(STUDENT)
        page.get_by_label("Password", exact=True).fill(STUDENT)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(find_package(options.exercise).solution)
        seen = [page.evaluate(CLICK, attempt) for attempt in range(1, WARM_UP + options.rounds + 1)]
        browser.close()
    return seen


def phases(seen, written):
    taken, finished = written
    return {
        "taken in": taken - seen["click"],
        "answered": seen["answered"] - seen["click"],
        "graded": finished - taken,
        "shown": seen["shown"] - finished,
        "all of it": seen["shown"] - seen["click"],
    }


def report(rounds, options):
    print(f"{options.exercise}, {len(rounds)} rounds, stream {options.stream}, load {os.getloadavg()[0]:.1f}")
    results = {}
    for phase in PHASES:
        times = [one[phase] for one in rounds]
        median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        results[phase] = {"median_ms": round(median, 1), "p95_ms": round(late, 1)}
        print(f"{phase:10} median {median:7.1f} ms   95 % {late:7.1f} ms")
    if options.json:
        about = {"exercise": options.exercise, "rounds": len(rounds), "stream": options.stream}
        options.json.write_text(json.dumps(about | {"load": os.getloadavg()[0], "phases": results}, indent=2))


if __name__ == "__main__":
    main()
