"""Real servers on this machine: Debian's git behind https and ssh. Hostile repositories and hostile servers."""

from functools import partial

import paramiko
import pytest

from grader.packages.archives import digest_of
from server.sources.deploy_keys import new_key, public_part
from server.sources.git import fetching, packs, trees
from server.sources.git.__main__ import fetch as fetch_here
from server.sources.git.messages import Fetch
from tests.support.git_servers import Authority, Repository, git, https_server, smart_http, ssh_server

FILES = {"exercise.toml": b'title = "Slope"\n', "checks.py": b"x = 1\n", "data/x.csv": b"1\n"}
MANIFEST = ("100644", "exercise.toml", b"")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("git")


@pytest.fixture(scope="module")
def repository(root):
    made = Repository(root)
    made.commit({f"exercises/unit/my_slope/{name}": content for name, content in FILES.items()}, "First words")
    return made


@pytest.fixture
def hostile(root, request):
    return Repository(root, f"hostile/{request.node.name[:40]}")


@pytest.fixture(scope="module")
def http(root):
    with https_server(smart_http(root)) as url:
        yield url


def read(address, *, run=fetch_here, **more):
    asked = {"branch": "main", "folder": "", "allow_private": True, "timeout": 5} | more
    return run(Fetch(address=address, **asked))


def read_hostile(http, repository, **more):
    return read(f"{http}/hostile/{repository.bare.name}", **more)


in_a_process = partial(fetching.fetch, seconds=60)


def test_https_and_ssh_give_the_digest_of_the_files(root, repository, tmp_path, monkeypatch):
    authority, key = Authority(tmp_path), new_key()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.authority))
    host_key = paramiko.ECDSAKey.generate()
    with https_server(smart_http(root), authority) as url, ssh_server(root, {public_part(key)}, host_key) as port:
        by_https = read(f"{url}/prof/course.git", run=in_a_process)
        by_ssh = read(f"ssh://git@127.0.0.1:{port}/prof/course.git", run=in_a_process, private_key=key)

    for fetched in (by_https, by_ssh):
        [package] = fetched.packages
        assert (fetched.error, fetched.subject, package.path) == ("", "First words", "exercises/unit/my_slope")
        assert digest_of(package.files) == digest_of(FILES)
    assert by_https.commit == by_ssh.commit
    assert by_ssh.host_key == f"{host_key.get_name()} {host_key.get_base64()}"


def test_a_certificate_of_nobody_is_refused(root, repository, tmp_path):
    with https_server(smart_http(root), Authority(tmp_path)) as url:
        assert "CERTIFICATE_VERIFY_FAILED" in read(f"{url}/prof/course.git").error


def test_a_known_commit_is_not_fetched_again(http, repository):
    address = f"{http}/prof/course.git"
    first = read(address)

    again = read(address, known=first.commit)

    assert (again.unchanged, again.commit, again.packages) == (True, first.commit, [])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"branch": "other"}, "no branch other"),
        ({"folder": "nowhere"}, "no folder nowhere"),
        ({"folder": "exercises/unit/my_slope/data"}, "no package in exercises"),
        ({"max_pack": 10}, "larger than"),
        ({"folder": "exercises/unit/my_slope/exercise.toml"}, "no folder"),
    ],
)
def test_what_is_not_there_is_said(http, repository, asked, words):
    fetched = read(f"{http}/prof/course.git", **asked)

    assert words in fetched.error
    assert not fetched.packages


def test_a_repository_that_is_not_there_is_said(http):
    assert "no such repository" in read(f"{http}/prof/none.git").error


class TestHostileRepositories:
    def test_links_submodules_and_bad_names_stop_one_package_only(self, http, hostile):
        empty = "0" * 40
        folders = {
            "a_link": [("120000", "solution.py", b"/etc/passwd")],
            "b_submodule": [("160000", "lib", empty.encode())],
            "c_up": [("40000", "..", hostile.tree(("100644", "x.py", b"")).encode())],
            "d_slash": [("100644", "../../x.py", b"")],
            "e_twice": [("100644", "x.py", b"1"), ("100644", "x.py", b"2")],
            "f_case": [("100644", "x.py", b"1"), ("100644", "X.py", b"2")],
            "g_escape": [("100644", "x\x1b[2J.py", b"1")],
            "h_device": [("20000", "x.py", b"1")],
            "z_good": [("40000", ".git", hostile.tree(("100644", "config", b"")).encode())],
        }
        lines = [("40000", name, hostile.tree(MANIFEST, *more).encode()) for name, more in folders.items()]
        hostile.push_trees(*lines)

        found = {package.path: package for package in read_hostile(http, hostile).packages}

        assert [path for path, package in found.items() if not package.error] == ["z_good"]
        assert found["z_good"].files == {"exercise.toml": b""}
        assert (found["a_link"].file, found["a_link"].error[:14]) == ("solution.py", "This is a link")
        assert "submodule" in found["b_submodule"].error
        assert found["g_escape"].file.isprintable()

    def test_few_trees_that_make_endless_paths_are_left(self, http, hostile):
        tree = hostile.tree(("100644", "x", b""))
        for _ in range(10):
            tree = hostile.tree(*(("40000", f"d{number}", tree.encode()) for number in range(10)))
        hostile.push_trees(("40000", "all", tree.encode()))

        assert "too many files" in read_hostile(http, hostile).error

    def test_endless_paths_in_a_package_stop_that_one_only(self, http, hostile):
        tree = hostile.tree(("100644", "x.pyc", b""))
        for _ in range(6):
            tree = hostile.tree(*(("40000", f"d{number}", tree.encode()) for number in range(10)))
        bad, good = hostile.tree(MANIFEST, ("40000", "t", tree.encode())), hostile.tree(MANIFEST)
        hostile.push_trees(("40000", "bad", bad.encode()), ("40000", "good", good.encode()))

        [first, second] = read_hostile(http, hostile).packages

        assert "too many files" in first.error
        assert second.files == {"exercise.toml": b""}

    def test_many_files_beside_the_packages_do_not_matter(self, http, hostile):
        blob = hostile.store("blob", b"x").encode()
        noise = hostile.tree(*(("100644", f"{number:06}", blob) for number in range(100_000)))
        hostile.push_trees(("40000", "noise", noise.encode()), ("40000", "slope", hostile.tree(MANIFEST).encode()))

        [package] = read_hostile(http, hostile).packages

        assert package.path == "slope"

    def test_many_files_in_a_package_are_refused(self, http, hostile):
        blob = hostile.store("blob", b"x").encode()
        hostile.push_trees(MANIFEST, *(("100644", f"{number:06}", blob) for number in range(100_000)))

        [package] = read_hostile(http, hostile).packages

        assert "at most 500 files" in package.error or "too many files" in package.error

    def test_a_huge_file_is_refused_before_it_takes_memory(self, http, hostile):
        git(hostile.bare, "config", "uploadpack.allowFilter", "false")
        hostile.push_trees(MANIFEST, ("100644", "zeros.bin", bytes(40 * 2**20)))

        assert "larger than 32 MiB" in read_hostile(http, hostile).error

    def test_a_huge_file_elsewhere_is_not_even_sent(self, http, hostile):
        good = hostile.tree(MANIFEST).encode()
        hostile.push_trees(("100644", "film.mp4", bytes(40 * 2**20)), ("40000", "slope", good))

        [package] = read_hostile(http, hostile).packages

        assert (package.path, package.error) == ("slope", "")

    def test_a_pack_is_bounded_in_files_and_bytes(self, http, repository, monkeypatch):
        monkeypatch.setattr(packs, "MAX_OBJECTS", 3)
        assert "more than 3 files" in read(f"{http}/prof/course.git").error
        monkeypatch.undo()
        monkeypatch.setattr(packs, "MAX_INFLATED", 300)
        assert "too large together" in read(f"{http}/prof/course.git").error

    def test_packages_are_bounded_together(self, http, hostile, monkeypatch):
        monkeypatch.setattr(trees, "MAX_TOGETHER", 10)
        lines = [hostile.tree(("100644", "exercise.toml", bytes(8))).encode() for _ in range(2)]
        hostile.push_trees(("40000", "a", lines[0]), ("40000", "b", lines[1]))

        first, second = read_hostile(http, hostile).packages

        assert first.files
        assert "together at most" in second.error
