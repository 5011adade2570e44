"""`make docs`: a site of the guides in var/docs/site, made by Sphinx. `make docs-serve` shows it (PORT=8010).

Guides are not moved. Copies of them go to var/docs/source: an entry page gets its pages as its table of
contents, links lead to pages of the site, and files that are no guides come along as downloads. Sphinx has an
environment of its own, so no other command pays for it. A warning is an error: a link to a heading that does not exist
stops the build.

The site loads nothing from other hosts, and its search needs no server: a browser can open var/docs/site/index.html.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

from deploy.dev.base import REQUIREMENTS, ROOT, VAR, SetupError, digest, main, only_one, run, say, succeeds
from deploy.dev.guides import (
    DECISIONS,
    ENTRIES,
    HOME,
    MARKER,
    FencedBlock,
    Guide,
    guide_at,
    is_decision,
    links_in,
    read_guides,
    table_of_contents,
)

LOCK = REQUIREMENTS / "docs.txt"
SETTINGS = ROOT / "docs" / "site"
FOLDER = VAR / "docs"
ENVIRONMENT = FOLDER / "environment"
PYTHON = ENVIRONMENT / "bin" / "python"
SOURCE = FOLDER / "source"
SITE = FOLDER / "site"

Guides = dict[PurePosixPath, Guide]


def build() -> Path:
    """Build the site; its folder. Raises SetupError if a page has a mistake."""
    with only_one("docs"):
        make_environment()
        write_source(SOURCE)
        # Each build starts from nothing: pages that are gone must not stay, and it takes seconds.
        shutil.rmtree(SITE, ignore_errors=True)
        options: list[str | Path] = [
            "-b",
            "html",
            "-W",
            "--keep-going",
            "-q",
            "-j",
            "auto",
            "-c",
            SETTINGS,
            "-d",
            FOLDER / "doctrees",
        ]
        run([PYTHON, "-m", "sphinx", *options, SOURCE, SITE])
    return SITE


def make_environment() -> None:
    """Install the locked packages of the site; nothing is done if they are there."""
    stamp, wanted = ENVIRONMENT / "chainrule.stamp", digest([LOCK])
    if stamp.exists() and stamp.read_text() == wanted and succeeds([PYTHON, "-c", ""]):
        return
    say("installing Sphinx (once)")
    run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT])
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
    run([PYTHON, "-m", "pip", "install", "-q", *options, "-r", LOCK])
    stamp.write_text(wanted)


def write_source(folder: Path) -> None:
    """Write every page of the site into an empty folder, as Sphinx reads it."""
    shutil.rmtree(folder, ignore_errors=True)
    guides = read_guides()
    for guide in guides.values():
        page = folder / page_of(guide.path)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text_of_page(guides, guide), encoding="utf-8")
        for file in files_of(guides, guide):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, folder / file)


def page_of(path: PurePosixPath) -> PurePosixPath:
    """The site's page of a guide: `docs/` is its top, and the README of a folder is the folder's first page."""
    if path == PurePosixPath("README.md"):
        return PurePosixPath("readme.md")
    name = "index.md" if path.name == "README.md" else path.name.lower()
    return path.with_name(name).relative_to("docs" if path.parts[0] == "docs" else ".")


def files_of(guides: Guides, guide: Guide) -> list[PurePosixPath]:
    """The files that a guide shows or links to and that are no guides: pictures, examples, lists."""
    targets = (guide.target(link) for _, link in guide.links())
    return [path for path, _ in filter(None, targets) if not guide_at(guides, path) and (ROOT / path).is_file()]


def text_of_page(guides: Guides, guide: Guide) -> str:
    """The text of a guide's page: links of the site, notes on commands, and the table of contents of an entry page."""
    lines = guide.text.splitlines()
    for number, line in guide.prose():
        lines[number - 1] = "" if MARKER.match(line) else with_links_of_site(guides, guide, line)
    for block in guide.blocks():
        if block.reason:
            lines[block.last_line - 1] += note(block)
    return "\n\n".join(["\n".join(lines), *contents(guides, guide)]) + "\n"


def note(block: FencedBlock) -> str:
    """What the site says below commands that no test runs."""
    return f"\n\n{{.not-run}}\nNot run by the tests: {block.reason}.\n"


def with_links_of_site(guides: Guides, guide: Guide, line: str) -> str:
    """A line with its links to guides and files as the site has them."""
    for found in reversed(list(links_in(line))):
        begin, end = found.span("target")
        line = line[:begin] + link_of_site(guides, guide, found["target"]) + line[end:]
    return line


def link_of_site(guides: Guides, guide: Guide, link: str) -> str:
    """The target of a link from a guide's page."""
    target = guide.target(link)
    if target is None or link.startswith("#"):
        return link
    path, anchor = target
    found = guide_at(guides, path)
    page = page_of(found) if found else path
    relative = os.path.relpath(page, page_of(guide.path).parent)
    return f"{relative}#{anchor}" if anchor else relative


def contents(guides: Guides, guide: Guide) -> Iterator[str]:
    """Yield the table of contents of the home page, an entry page or the list of decisions."""
    if guide.path == DECISIONS / "README.md":
        yield toctree(sorted(path for path in guides if is_decision(path)))
    elif guide.path in (HOME, *ENTRIES):
        yield toctree(table_of_contents(guides)[guide.path])


def toctree(paths: list[PurePosixPath]) -> str:
    """A table of contents, which the site shows in its sidebar."""
    pages = [f"/{page_of(path).with_suffix('')}" for path in paths]
    # The README's heading is the project's name, which says nothing beside the other titles.
    titled = [f"Overview <{page}>" if page == "/readme" else page for page in pages]
    return "\n".join(["```{toctree}", ":hidden:", "", *titled, "```"])


def serve() -> None:
    """Build the site and show it on http://127.0.0.1:8010 (or PORT) until Ctrl+C. Raises SetupError if it is in use."""
    folder, port = build(), int(os.environ.get("PORT", "8010"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise SetupError(f"port {port} is in use; choose another one: make docs-serve PORT={port + 1}") from error
    with server:
        say(f"the guides are on http://127.0.0.1:{port} until you press Ctrl+C")
        server.serve_forever()


if __name__ == "__main__":
    main(serve if "--serve" in sys.argv else lambda: say(f"the guides are in {build() / 'index.html'}"))
