"""`make screenshots`: take the README's pictures again, from the demo course, with a real browser.

The whole demo runs on a free port, with its three weeks in a database that is deleted afterwards. The first run takes
some minutes, because every answer of the story is graded; the reports are kept in `var/screenshots`. A wrong gradient
is submitted during the run. Pictures are lossless WebP: for pages like these, that is smaller than lossy WebP.
"""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from deploy.dev.base import ROOT, main, say
from deploy.dev.browser import ARGUMENTS, chromium_program
from deploy.dev.demo import LOGS, build_image, manage, probed_sandbox, start
from deploy.dev.processes import free_port, stopped_by_signals
from deploy.dev.services import redis

FOLDER = Path(__file__).parent
COURSE = "courses/autograd-demo/"
EXERCISE = COURSE + "exercises/gradients/jacobian-products/"
# An answer whose report has a diagnosis, a counterexample, a heat map and a graph.
WRONG = ROOT / "exercises/gradients/jacobian_products/mistakes/rows_added_up.py"
# The first student has submitted nothing yet; the second is in the middle of the course.
FRESH, BUSY, TEACHER = "student1", "student8", "instructor"
SIZE = ViewportSize(width=1280, height=860)
MOST_BYTES = 100_000
A_MINUTE = 60_000


def screenshots() -> None:
    """Run the demo and take every picture."""
    with stopped_by_signals(), ExitStack() as stack, sync_playwright() as playwright:
        address = stack.enter_context(story_demo())
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=ARGUMENTS)
        take_students(browser, address)
        take_teachers(browser, address)
        browser.close()


@contextmanager
def story_demo() -> Iterator[str]:
    """Run the demo with its story while the block runs; yields its address."""
    build_image()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        env = {"DJANGO_SETTINGS_MODULE": "server.settings.demo", "DATABASE_URL": f"sqlite:///{folder}/story.sqlite3"}
        env["REDIS_URL"] = stack.enter_context(redis(LOGS))
        env["CHAINRULE_SANDBOX"] = probed_sandbox(env)
        manage("migrate", "--verbosity", "0", env=env)
        manage("demo_story", env=env)
        port = free_port()
        start(port, env, stack)
        yield f"http://127.0.0.1:{port}/"


def take_students(browser: Browser, address: str) -> None:
    """Take a course's home, an exercise with a wrong answer, and its report."""
    page = signed_in(browser, address, BUSY)
    page.goto(address + COURSE)
    keep("home", page)
    page = signed_in(browser, address, FRESH)
    page.goto(address + EXERCISE)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(WRONG.read_text(encoding="utf-8"))
    page.keyboard.press("Control+Enter")
    result = page.get_by_role("region", name="Result")
    result.get_by_text("checks failed").or_(result.get_by_text("check failed")).wait_for(timeout=A_MINUTE)
    keep("result", result)
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(color_scheme="dark")
    keep("exercise", page)


def take_teachers(browser: Browser, address: str) -> None:
    """Take the instructor's first page and the gradebook."""
    page = signed_in(browser, address, TEACHER)
    page.goto(f"{address}{COURSE}teach/")
    page.get_by_text("Graded since start").wait_for()
    keep("dashboard", page)
    page.goto(f"{address}{COURSE}teach/gradebook/?sort=-total")
    keep("gradebook", page)


def signed_in(browser: Browser, address: str, name: str) -> Page:
    """Return a page on which this person of the demo is signed in."""
    page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    page.goto(f"{address}accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(name)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Automatic differentiation").wait_for()
    return page


def keep(name: str, what: Page | Locator) -> None:
    """Write a picture of a page or a part of it into this folder. Raises ValueError if the file is too large."""
    picture = Image.open(io.BytesIO(what.screenshot())).convert("RGB")
    file = FOLDER / f"{name}.webp"
    picture.save(file, lossless=True, method=6)
    size = file.stat().st_size
    say(f"{os.path.relpath(file, ROOT)}: {picture.width} x {picture.height}, {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        raise ValueError(f"{file.name} has {size} bytes, more than {MOST_BYTES}: take a smaller part")


if __name__ == "__main__":
    main(screenshots)
