import multiprocessing
import os
import time

import pytest

from grader.packages.archives import ArchiveError, digest_of, files_of, pack
from grader.packages.version_cache import IN_USE, CacheUnavailable, VersionCache

PLENTY = 2**30


def files(number=0, size=10):
    return {"exercise.toml": f"number = {number}\n".encode(), "data/x.bin": bytes(size)}


def add(cache, number, size=10, *, used=None):
    folder = cache.add(pack(files(number, size)))
    if used is not None:
        os.utime(folder, (time.time() - used,) * 2)
    return folder


@pytest.fixture
def cache(tmp_path):
    return VersionCache(tmp_path / "versions", PLENTY)


def test_a_version_is_found_by_its_digest(cache):
    digest = digest_of(files())
    assert cache.folder(digest) is None

    folder = add(cache, 0)

    assert cache.folder(digest) == folder == cache.root / digest
    assert files_of(folder) == files()


def test_another_version_than_the_wanted_one_is_refused(cache):
    with pytest.raises(ArchiveError, match="not 000000000000"):
        cache.add(pack(files()), digest="0" * 64)

    assert not cache.root.exists()


@pytest.mark.parametrize("digest", ["", "..", "../etc", "/etc", "0" * 63, "A" * 64, f"{'0' * 63}\n"])
def test_only_digests_are_looked_up(cache, digest):
    add(cache, 0)

    assert cache.folder(digest) is None


def test_a_refused_archive_leaves_nothing(cache):
    with pytest.raises(ArchiveError):
        cache.add(b"no ZIP")

    assert not cache.root.exists()


@pytest.mark.parametrize("spoil", ["change", "remove", "add"])
def test_a_changed_version_is_not_used_and_mended(cache, spoil):
    folder = add(cache, 0)
    target = folder / "exercise.toml"
    target.chmod(0o644)
    {"change": lambda: target.write_bytes(b""), "remove": target.unlink, "add": (folder / "x.py").touch}[spoil]()
    other_process = VersionCache(cache.root, PLENTY)

    assert other_process.folder(folder.name) is None
    assert add(other_process, 0) == folder
    assert files_of(folder) == files()


def test_the_longest_unused_goes_first(cache):
    old, older, fresh = (add(cache, n, 2**20, used=used) for n, used in enumerate([5000, 9000, 2000]))
    cache.most_bytes = 3 * 2**20

    new = add(cache, 3, 2**20)

    assert [folder.exists() for folder in (old, older, fresh, new)] == [False, False, True, True]
    assert cache.folder(old.name) is None


def test_a_use_counts(cache):
    first, second = (add(cache, n, 2**20, used=5000 - n) for n in range(2))
    cache.folder(first.name)
    cache.most_bytes = 2 * 2**20 + 2**17

    add(cache, 2, 2**20)

    assert first.exists()
    assert not second.exists()


def test_a_version_in_use_stays_up_to_twice_the_limit(cache):
    folders = [add(cache, n, 2**20, used=IN_USE - 100 + n) for n in range(3)]
    cache.most_bytes = 2 * 2**20 + 2**17
    add(cache, 3, 2**20)
    assert all(folder.exists() for folder in folders)

    add(cache, 4, 2**20)

    assert [folder.exists() for folder in folders] == [True, True, False]


def test_small_files_count_as_blocks(cache):
    cache.most_bytes = 100 * 4096
    many = {f"{number}.txt": b"x" for number in range(90)}
    first = cache.add(pack(many))
    os.utime(first, (0, 0))

    cache.add(pack({**many, "y": b""}))

    assert not first.exists()


def test_what_dead_processes_left_is_removed(cache):
    add(cache, 0)
    for name, age in ((".new-dead", 9000), (".old-dead", 9000), (".new-busy", 5)):
        (cache.root / name).mkdir()
        (cache.root / name / "x").touch()
        os.utime(cache.root / name, (time.time() - age,) * 2)

    add(cache, 1)

    assert sorted(path.name for path in cache.root.glob(".*")) == [".new-busy"]


@pytest.mark.parametrize("place", ["/proc/versions", "file/versions"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "file").touch()
    cache = VersionCache(tmp_path / place, PLENTY)

    with pytest.raises(CacheUnavailable, match="versions does not take"):
        add(cache, 0)
    assert cache.folder(digest_of(files())) is None


def test_a_full_disk_leaves_no_half_version(cache, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(CacheUnavailable, match="No space left"):
        add(cache, 0)
    assert list(cache.root.iterdir()) == []


def hammer(root, seed, wrong):
    """Add, use and evict the same few versions; note each folder that was not whole while it was in use."""
    cache = VersionCache(root, 40 * 4096)
    for turn in range(60):
        number = (turn * 7 + seed) % 6
        folder = add(cache, number)
        if folder != root / digest_of(files(number)):
            wrong.put(("name", number))
        found = VersionCache(root, PLENTY).folder(folder.name)
        if found is not None and sorted(files_of(found)) != sorted(files(number)):
            wrong.put(("half", number))


def test_many_processes_share_one_cache(tmp_path):
    root = tmp_path / "versions"
    context = multiprocessing.get_context("spawn")
    wrong = context.Queue()
    processes = [context.Process(target=hammer, args=(root, seed, wrong)) for seed in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0] * 4
    assert wrong.empty()
    assert [path.name for path in root.glob(".*")] == []
