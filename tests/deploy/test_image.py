import io
import json
import tarfile

import pytest

from deploy.dev import image
from deploy.dev.base import ROOT, SetupError


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    (tmp_path / "torch.whl").write_bytes(b"wheel")
    monkeypatch.setattr(image, "sandbox_wheels", lambda kind: tmp_path)


def context():
    file = io.BytesIO()
    image.pack(file, image.by_name([image.dockerfile("cpu")]) | image.contents("cpu"))
    return file.getvalue()


def names():
    with tarfile.open(fileobj=io.BytesIO(context())) as archive:
        return archive.getnames()


def test_the_tag_follows_the_harness(monkeypatch):
    before = image.wanted_tag("cpu")
    monkeypatch.setattr(image, "harness", lambda: [ROOT / "Makefile"])

    assert image.wanted_tag("cpu") != before


def test_the_two_kinds_have_different_names():
    assert image.wanted_tag("cpu").startswith("chainrule-sandbox-cpu:")
    assert image.wanted_tag("gpu").startswith("chainrule-sandbox-gpu:")


def test_the_image_has_only_the_harness_of_our_code(wheels):
    ours = [name for name in names() if name.endswith(".py")]

    assert "grader/harness/__main__.py" in ours
    assert all(name.startswith("grader/harness/") or name == "grader/__init__.py" for name in ours)


def test_the_context_has_what_the_dockerfile_copies(wheels):
    assert {"deploy/images/sandbox-cpu.Dockerfile", "var/wheels/sandbox-cpu/torch.whl"} <= set(names())


def test_the_same_content_is_the_same_context(wheels, tmp_path):
    before = context()
    (tmp_path / "torch.whl").touch()

    assert context() == before


def test_only_the_authors_image_has_checks_and_references(wheels, monkeypatch):
    monkeypatch.setattr(image, "author_wheels", lambda: image.sandbox_wheels("cpu"))
    added = set(image.author_contents())

    assert {"grader/checks/check.py", "grader/references/autograd.py", "var/datasets/iris.csv"} <= added
    assert not [name for name in added if name.startswith(("exercises/", "server/", "grader/worker/"))]
    assert not added & set(image.contents("cpu"))


def test_the_tag_of_the_authors_image_follows_its_parts(monkeypatch):
    before = image.wanted_author_tag()
    monkeypatch.setattr(image, "author_parts", lambda: [ROOT / "Makefile"])

    assert image.wanted_author_tag() != before


def test_an_engine_error_fails_the_build_and_shows_the_log():
    log = iter([{"stream": "Step 1\n"}, {"error": "no space"}])

    with pytest.raises(SetupError, match=r"Step 1\nno space"):
        image.follow(log)


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_the_dockerfiles_differ_only_in_torch(kind):
    text = image.dockerfile(kind).read_text()
    steps = [line for line in text.splitlines() if not line.startswith(("#", "LABEL"))]

    assert [line.replace(f"sandbox-{kind}", "sandbox") for line in steps] == [
        line.replace("sandbox-cpu", "sandbox")
        for line in image.dockerfile("cpu").read_text().splitlines()
        if not line.startswith(("#", "LABEL"))
    ]


@pytest.fixture(scope="module")
def client():
    client = image.engine()
    yield client
    client.close()


@pytest.mark.docker
def test_building_again_builds_nothing(client, monkeypatch):
    tag = image.build()
    monkeypatch.setattr(image, "build_from", lambda *_, **__: pytest.fail("builds again"))

    assert image.build() == tag


LOOK = """
import json, pathlib, shutil, sys
sys.path[:0] = ["/opt/chainrule/site", "/opt/chainrule"]
import grader.harness, numpy, pyseccomp, safetensors, torch
files = list(pathlib.Path("/opt/chainrule/grader").rglob("*.py"))
flags = {path.read_bytes()[4:8].hex() for path in pathlib.Path("/opt/chainrule").rglob("*.pyc")}
print(json.dumps({
    "torch": torch.__version__,
    "flags": sorted(flags),
    "compiled": all(list((path.parent / "__pycache__").glob(path.stem + ".*.pyc")) for path in files),
    "tools": [name for name in ("pip", "gcc", "curl") if shutil.which(name)],
}))
"""


@pytest.mark.docker
def test_the_image_holds_compiled_code_and_no_tools(client):
    command = ["python3", "-I", "-c", LOOK]
    container = client.containers.run(image.build(), command, network_mode="none", read_only=True, detach=True)
    try:
        assert container.wait()["StatusCode"] == 0
        found = json.loads(container.logs(stderr=False))
    finally:
        container.remove(force=True)

    assert found["torch"].startswith("2.13.0")
    assert found["compiled"]
    # 1: based on a hash, and never compared with the source (PEP 552).
    assert found["flags"] == ["01000000"]
    assert found["tools"] == []
