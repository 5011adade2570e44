"""The site of the guides: what its pages are made of, and the whole site, built and opened without a network."""

import re
from pathlib import PurePosixPath

import pytest
from playwright.sync_api import sync_playwright

from deploy.dev import docs
from deploy.dev.base import ROOT
from deploy.dev.browser import ARGUMENTS, chromium_program
from deploy.dev.guides import ENTRIES, Guide, read_guides

FOREIGN = re.compile(
    r"""<(?:script|link|img|iframe|source)[^>]*(?:src|href)=["'](?:https?:)?//[^"']*|url\(["']?(?:https?:)?//"""
)


@pytest.mark.parametrize(
    ("guide", "page"),
    [
        ("README.md", "readme.md"),
        ("docs/README.md", "index.md"),
        ("docs/operator/README.md", "operator/index.md"),
        ("docs/operator/settings.md", "operator/settings.md"),
        ("deploy/README.md", "deploy/index.md"),
        ("ARCHITECTURE.md", "architecture.md"),
    ],
)
def test_a_guide_has_a_page_at_its_place(guide, page):
    assert docs.page_of(PurePosixPath(guide)) == PurePosixPath(page)


def test_all_pages_are_different():
    pages = [docs.page_of(path) for path in read_guides()]

    assert len(set(pages)) == len(pages)


def test_links_lead_to_pages_and_files_of_the_site():
    text = (
        "[b](../../deploy/README.md#backup), [c](b.md), [d](#here), [e](https://e.org), [f](../../LICENSE), `[g](b.md)`"
    )
    guide = Guide(PurePosixPath("docs/operator/a.md"), text)
    guides = {path: Guide(path, "") for path in map(PurePosixPath, ["deploy/README.md", "docs/operator/b.md"])}

    assert docs.text_of_page(guides, guide).startswith(
        "[b](../deploy/index.md#backup), [c](b.md), [d](#here), [e](https://e.org), [f](../LICENSE), `[g](b.md)`"
    )
    assert docs.files_of(guides, guide) == [PurePosixPath("LICENSE")]


def test_commands_that_no_test_runs_are_marked_on_the_site():
    text = "<!-- not run: it needs a cluster -->\n```sh\nls\n```\n\n<!-- run by a.py::test_b -->\n```sh\nls\n```\n"

    page = docs.text_of_page({}, Guide(PurePosixPath("a.md"), text))

    assert page.count("Not run by the tests") == 1
    assert "```\n\n{.not-run}\nNot run by the tests: it needs a cluster.\n" in page
    assert "<!--" not in page


@pytest.mark.nightly
@pytest.mark.browser
def test_the_site_is_built_and_works_without_a_network():
    site = docs.build()
    for page in [*site.rglob("*.html"), *site.rglob("*.css")]:
        assert not FOREIGN.search(page.read_text(encoding="utf-8")), page

    with sync_playwright() as play, play.chromium.launch(executable_path=chromium_program(), args=ARGUMENTS) as browser:
        page = browser.new_context(offline=True, viewport={"width": 390, "height": 844}).new_page()
        requested = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"file://{site}/index.html")
        for entry in ENTRIES:
            assert page.locator(f'article a[href="{docs.page_of(entry).with_suffix(".html")}"]').count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.goto(f"file://{site}/search.html?q=restore")
        page.get_by_role("link", name="Running Chainrule", exact=True).first.wait_for()

    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    assert str(ROOT) not in (site / "index.html").read_text(encoding="utf-8")
