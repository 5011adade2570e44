"""`make images`: the images of production, built if their content has changed.

    chainrule-web        the website and the records worker
    chainrule-grading    the grading worker: the sandbox's image with the grader added
    chainrule-proxy      the reverse proxy

Each has three tags: the digest of its content, the version and `latest`. deploy/README.md says how to start them.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import docker

from deploy.dev import image
from deploy.dev.base import REQUIREMENTS, ROOT, digest, main, only_one, say
from deploy.dev.wheels import part_wheels, sandbox_wheels
from grader import VERSION

# A tag can have no "+", which stands in the version between two releases.
VERSION_TAG = VERSION.replace("+", "-")
PROXY_BASE = "caddy:2.10-alpine"
NOT_NEEDED = {"__pycache__", "node_modules", "frontend"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An image: the parts of the repository that it holds, the lock of its packages, and the image below it."""

    name: str
    parts: tuple[str, ...]
    lock: str = ""
    argument: str = "BASE"
    below: str

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile."""
        return ROOT / "deploy" / "images" / f"{self.name}.Dockerfile"

    def files(self) -> list[Path]:
        """The project's files that go in."""
        return sorted(path for part in self.parts for path in files_of(ROOT / part))

    def wheels(self) -> dict[str, Path]:
        """The wheels that go in, by their names in the context; those of the image below are left out."""
        if not self.lock:
            return {}
        there = set() if self.name == "web" else {path.name for path in sandbox_wheels("cpu").iterdir()}
        missing = (path for path in part_wheels(self.lock).iterdir() if path.name not in there)
        return {f"var/wheels/{self.name}/{path.name}": path for path in sorted(missing)}

    def tag(self) -> str:
        """Its name and digest, which covers all content except the base."""
        locks = [REQUIREMENTS / f"{self.lock}.txt"] if self.lock else []
        below = self.below.partition(":")[2][:12] if self.argument == "SANDBOX" else ""
        return f"chainrule-{self.name}:{digest([self.dockerfile, *locks, *self.files()])}{below}"


def files_of(path: Path) -> Iterable[Path]:
    """A file, or all files of a folder except build outputs and sources of the bundle."""
    if path.is_file():
        return [path]
    found = (file for file in path.rglob("*") if file.is_file())
    return [file for file in found if NOT_NEEDED.isdisjoint(file.relative_to(path).parts)]


def recipes(*, base: str, sandbox: str, proxy_base: str) -> list[Recipe]:
    """The images of this checkout."""
    return [
        Recipe(name="web", parts=("manage.py", "server", "grader", "exercises"), lock="web", below=base),
        Recipe(
            name="grading",
            parts=("grader", "exercises", "deploy/runtimes.toml", "deploy/sandbox"),
            lock="grader",
            argument="SANDBOX",
            below=sandbox,
        ),
        Recipe(name="proxy", parts=("deploy/proxy/Caddyfile",), below=proxy_base),
    ]


def build(proxy_base: str = PROXY_BASE) -> list[str]:
    """Build the images of this checkout if they do not exist; their tags."""
    sandbox = image.build()
    image.build_author()
    with closing(image.engine()) as client, only_one("image"):
        return [
            build_if_missing(client, one)
            for one in recipes(base=image.base(client), sandbox=sandbox, proxy_base=proxy_base)
        ]


def build_if_missing(client: docker.DockerClient, recipe: Recipe) -> str:
    """Build one image if it does not exist; its tag."""
    tag = recipe.tag()
    if not image.exists(client, tag):
        say(f"building {tag}")
        files = image.by_name(recipe.files()) | recipe.wheels()
        image.make(client, recipe.dockerfile, tag, files, {recipe.argument: recipe.below})
    for name in (VERSION_TAG, "latest"):
        client.images.get(tag).tag(f"chainrule-{recipe.name}", name)
    return tag


if __name__ == "__main__":
    main(lambda: say(f"the images are {', '.join(build())}"))
