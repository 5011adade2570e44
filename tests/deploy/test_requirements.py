"""The locks: complete, hashed, consistent, and without the addresses of indexes."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from deploy.dev.base import REQUIREMENTS, ROOT
from deploy.dev.environment import PYTHONS

LOCKS = sorted(path.name for path in REQUIREMENTS.glob("*.txt"))
SOURCES = sorted(path.name for path in REQUIREMENTS.glob("*.in"))


def pins(lock):
    """The packages of a lock, with their versions."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", (REQUIREMENTS / lock).read_text(), re.MULTILINE))


def wanted(source):
    """The packages that a source asks for, itself or through another."""
    names = set()
    for line in (REQUIREMENTS / source).read_text().splitlines():
        asked = line.partition("#")[0].strip()
        if asked.startswith("-r "):
            names |= wanted(asked.removeprefix("-r "))
        elif asked:
            names.add(re.match(r"[A-Za-z0-9_.-]+", asked).group().lower())
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock):
    text = (REQUIREMENTS / lock).read_text()

    for requirement in re.split(r"\n(?=[a-z])", text):
        if "==" in requirement:
            assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_folder(lock):
    assert not re.search(r"https?:|file:|index-url|find-links|via -r /|-c /", (REQUIREMENTS / lock).read_text())


@pytest.mark.parametrize("source", [name for name in SOURCES if name != "torch-pure.in"])
def test_a_lock_has_every_requirement_of_its_source(source):
    assert wanted(source) <= pins(source.replace(".in", ".txt")).keys()


def test_all_locks_agree_on_versions():
    versions = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            versions.setdefault(name, set()).add(version.removesuffix("+cpu"))

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_torch_has_two_wheels_for_each_python():
    text = (REQUIREMENTS / "torch-cpu.txt").read_text()

    assert text.count("--hash=sha256:") == 2 * len(PYTHONS)


def test_torch_is_only_in_its_own_locks():
    assert {lock for lock in LOCKS if "torch" in pins(lock)} == {"torch-cpu.txt", "torch-cuda.txt"}


def test_the_grader_has_no_django():
    assert "django" not in pins("grader.txt")


def without_types(tree):
    """The nodes of a module, except those under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from without_types(node)


def third_party(folder):
    """The distributions that a folder's code imports."""
    known = packages_distributions()
    modules = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in without_types(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.partition(".")[0])
    foreign = modules - set(sys.stdlib_module_names) - {"server", "grader", "exercises", "deploy", "tests"}
    return {known.get(module, [module])[0].lower().replace("_", "-").replace(".", "-") for module in foreign}


@pytest.mark.parametrize(("folder", "locks"), [("server", ["web.txt"]), ("grader", ["grader.txt", "torch-cpu.txt"])])
def test_what_a_part_imports_is_in_its_locks(folder, locks):
    assert third_party(folder) - {name for lock in locks for name in pins(lock)} == set()


def test_what_the_tests_import_is_in_some_lock():
    assert third_party("tests") | third_party("deploy") <= {name for lock in LOCKS for name in pins(lock)}
