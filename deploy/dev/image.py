"""The sandbox images, built when their content has changed.

An image's tag is the digest of its content, so if an image exists, it is the right one:

    chainrule-sandbox-cpu:<digest>   Dockerfile, locks, harness; `gpu` likewise
    chainrule-sandbox-cpu:latest     the one built or checked last
    chainrule-author-cpu     the author's instance: the CPU sandbox with the grader's checks added; tags likewise
    chainrule-base:bookworm          made by mmdebstrap if no registry answers

Needs the environment (docker-py) and an engine that answers, at DOCKER_HOST if that is set.
"""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import docker
from docker.errors import DockerException, ImageNotFound

from deploy.dev.base import REQUIREMENTS, ROOT, SetupError, digest, main, only_one, say
from deploy.dev.debian import need
from deploy.dev.wheels import SANDBOX, TORCH, author_wheels, sandbox_wheels
from grader.sandboxes.layers import AUTHOR, datasets

AUTHOR_DOCKERFILE = ROOT / "deploy" / "images" / "author-cpu.Dockerfile"
REGISTRY_BASE = "python:3.11-slim-bookworm"
LOCAL_BASE = "chainrule-base:bookworm"


def harness() -> list[Path]:
    """The project's files that go into the image."""
    files = [path for path in (ROOT / "grader" / "harness").rglob("*") if path.is_file()]
    return [ROOT / "grader" / "__init__.py", *(path for path in files if "__pycache__" not in path.parts)]


def dockerfile(kind: str) -> Path:
    """The Dockerfile of a kind of image, "cpu" or "gpu"."""
    return ROOT / "deploy" / "images" / f"sandbox-{kind}.Dockerfile"


def wanted_tag(kind: str) -> str:
    """The tag of the image that this checkout needs."""
    return f"chainrule-sandbox-{kind}:{digest([dockerfile(kind), SANDBOX, TORCH[kind], *harness()])}"


def author_parts() -> list[Path]:
    """The project's files that the author's instance has in addition."""
    parts = [ROOT / "grader" / part for part in AUTHOR.parts]
    files = [file for part in parts for file in ([part] if part.is_file() else part.rglob("*.py"))]
    return sorted(file for file in files if "__pycache__" not in file.parts)


def wanted_author_tag() -> str:
    """The tag of the author's image that this checkout needs."""
    content = [AUTHOR_DOCKERFILE, SANDBOX, TORCH["cpu"], REQUIREMENTS / "grader.txt", *harness(), *author_parts()]
    return f"chainrule-author-cpu:{digest(content)}"


def engine() -> docker.DockerClient:
    """A client of the engine. Raises SetupError if no engine answers."""
    try:
        client = docker.from_env(timeout=600)
        client.ping()
    except DockerException as error:
        raise SetupError(f"no Docker engine answers ({os.environ.get('DOCKER_HOST', 'the default socket')})") from error
    return client


def build(kind: str = "cpu") -> str:
    """Build the sandbox image of this checkout if it does not exist; its tag. Raises SetupError if that fails."""
    tag = wanted_tag(kind)
    with closing(engine()) as client, only_one("image"):
        if not exists(client, tag):
            say(f"building {tag}")
            build_from(client, kind, tag, base=base(client))
        client.images.get(tag).tag(tag.partition(":")[0], "latest")
    return tag


def build_author() -> str:
    """Build the image of the author's instance, on that of the CPU sandbox, if it does not exist; its tag."""
    sandbox, tag = build("cpu"), wanted_author_tag()
    with closing(engine()) as client, only_one("image"):
        if not exists(client, tag):
            say(f"building {tag}")
            make(client, AUTHOR_DOCKERFILE, tag, author_contents(), {"SANDBOX": sandbox})
        client.images.get(tag).tag(tag.partition(":")[0], "latest")
    return tag


def author_contents() -> dict[str, Path]:
    """The files that the Dockerfile of the author's instance copies, by their names in the context."""
    data = datasets()
    if data is None:
        raise SetupError("scikit-learn is not installed: run `make setup`")
    files = [data / name for name in ("iris.csv", "digits.csv.gz")]
    return (
        by_name(author_parts())
        | {f"var/wheels/author/{path.name}": path for path in sorted(author_wheels().iterdir())}
        | {f"var/datasets/{path.name}": path for path in files}
    )


def exists(client: docker.DockerClient, tag: str) -> bool:
    """Whether the engine has an image with this tag."""
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def base(client: docker.DockerClient) -> str:
    """The image to start from: the registry's, or one made here if no registry answers."""
    for tag in (REGISTRY_BASE, LOCAL_BASE):
        if exists(client, tag):
            return tag
    try:
        say(f"pulling {REGISTRY_BASE}")
        client.images.pull(*REGISTRY_BASE.split(":"))
    except DockerException:
        say("no registry answers: making a Debian base with mmdebstrap")
        import_debian(client)
        return LOCAL_BASE
    return REGISTRY_BASE


def import_debian(client: docker.DockerClient) -> None:
    """Make the smallest Debian with Python 3.11 and import it into the engine."""
    # minbase has the C++ library that torch links; mmdebstrap checks the archive's signatures.
    need({"mmdebstrap": "mmdebstrap"})
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=python3,libseccomp2", "bookworm", "-"]
    with TemporaryFile() as archive:
        try:
            subprocess.run(command, stdout=archive, check=True)
        except subprocess.CalledProcessError as error:
            raise SetupError(f"mmdebstrap could not make a base, and {REGISTRY_BASE} cannot be pulled") from error
        archive.seek(0)
        client.api.import_image_from_data(archive, *LOCAL_BASE.split(":"))


def build_from(client: docker.DockerClient, kind: str, tag: str, *, base: str) -> None:
    """Build the sandbox image on this base."""
    make(client, dockerfile(kind), tag, contents(kind), {"BASE": base})


def make(
    client: docker.DockerClient, recipe: Path, tag: str, files: Mapping[str, Path], arguments: Mapping[str, str]
) -> None:
    """Build an image from a Dockerfile with these files in its context; the steps have no network."""
    with TemporaryFile() as context:
        pack(context, by_name([recipe]) | dict(files))
        context.seek(0)
        log = client.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=str(recipe.relative_to(ROOT)),
            buildargs=dict(arguments),
            network_mode="none",
            tag=tag,
            rm=True,
            forcerm=True,
            decode=True,
        )
        follow(log)


def follow(log: Iterator[dict[str, str]]) -> None:
    """Read the engine's log to its end. Raises SetupError with the last lines if the build failed."""
    output: list[str] = []
    for line in log:
        if "error" in line:
            raise SetupError("the image could not be built:\n" + "".join(output[-40:]) + line["error"])
        output.append(line.get("stream", ""))


def contents(kind: str) -> dict[str, Path]:
    """The files that the sandbox's Dockerfile copies, by their names in the context."""
    wheels = sorted(sandbox_wheels(kind).iterdir())
    return by_name(harness()) | {f"var/wheels/sandbox-{kind}/{path.name}": path for path in wheels}


def by_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Files of the repository, by their names below the root."""
    return {str(path.relative_to(ROOT)): path for path in paths}


def pack(file: IO[bytes], files: Mapping[str, Path]) -> None:
    """Write files as an archive, with the same owner and date on every machine."""
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, path in files.items():
            archive.add(path, arcname=name, filter=plain)


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Set a member's owner to root, make it readable by all, and remove its date."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode, member.mtime = 0o644, 0
    return member


def _build_all() -> None:
    say(f"the sandbox image is {build(*sys.argv[1:])}")
    if sys.argv[1:] in ([], ["cpu"]):
        say(f"the image of the author's instance is {build_author()}")


if __name__ == "__main__":
    main(_build_all)
