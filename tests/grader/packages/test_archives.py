import io
import random
import stat
import struct
import zipfile
import zlib

import pytest

from grader.errors import PackageError
from grader.packages import archives
from grader.packages.archives import ArchiveError, accepted, digest_of, files_of, pack, unpack
from grader.packages.catalogue import Package, packages

FILES = {"exercise.toml": b'title = "Slope"\n', "checks.py": b"", "data/x.csv": b"1,2\n", "data/deep/y.bin": b"\0\xff"}


def archive_of(*entries, comment=b""):
    """Return a ZIP of (name or ZipInfo, content) pairs, without any of our rules."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries:
            opened.writestr(name, content)
        opened.comment = comment
    return packed.getvalue()


def entry(name, mode=stat.S_IFREG | 0o644, **more):
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    for field, value in more.items():
        setattr(made, field, value)
    return made


def refused(archive, words, file=""):
    with pytest.raises(ArchiveError, match=words) as raised:
        unpack(archive)
    assert raised.value.file == file
    assert isinstance(raised.value, PackageError)
    return raised.value


def test_what_is_packed_comes_out_again():
    assert unpack(pack(FILES)) == FILES


def test_the_same_files_give_the_same_bytes():
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


def test_the_digest_is_that_of_the_folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)

    assert files_of(tmp_path) == FILES
    assert digest_of(FILES) == Package("unit/slope", tmp_path).digest


def test_the_librarys_packages_keep_their_digest_in_an_archive():
    for package in packages()[:3]:
        assert digest_of(unpack(pack(files_of(package.folder)))) == package.digest


def test_names_sort_by_their_folders_as_they_did_on_disk():
    one, other = digest_of({"a/b": b"1", "a-b": b"2", "a": b""}), digest_of({"a-b": b"2", "a": b"", "a/b": b"1"})

    assert one == other


def test_one_folder_around_the_package_is_taken_away():
    around = archive_of(*((f"slope-main/{name}", content) for name, content in FILES.items()), comment=b"0" * 40)

    assert unpack(around) == FILES


def test_a_folder_without_a_manifest_stays():
    assert unpack(archive_of(("data/x.csv", b""))) == {"data/x.csv": b""}


def test_caches_and_backups_are_left_out():
    extra = ["__pycache__/checks.cpython-311.pyc", ".git/config", ".DS_Store", "checks.py~", ".checks.py.swp"]
    extra += ["#checks.py#", "__MACOSX/._checks.py", "data/._x.csv", ".pytest_cache/README.md", "Thumbs.db"]
    packed = archive_of(*FILES.items(), *((name, b"x") for name in extra))

    assert unpack(packed) == FILES
    assert accepted([*FILES.items(), *((name, b"x") for name in extra)]) == FILES


def test_folders_of_their_own_are_no_files():
    assert unpack(archive_of(("data/", b""), *FILES.items())) == FILES


def test_modes_and_times_do_not_count():
    odd = archive_of(*((entry(name, stat.S_IFREG | 0o4777), content) for name, content in FILES.items()))

    assert unpack(odd) == FILES


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "../up.py", "a/../../up.py", "a/./b", "a//b", "..", ".", "a\\b", "..\\up", "C:/x", "x:y"),
        *("a\nb", "a\x1b[2Jb", "a\x7f", "a\u202eb", "a\u200bb", "a\ud800b", "nul ", " a", "a.", "dir./a"),
        *("a/" * 8 + "b", "n" * 201, "__pycache__/../../up.py", ".git/../../up.py"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ArchiveError):
        accepted([(name, b"x")])
    if "\ud800" not in name:
        with pytest.raises(ArchiveError):
            unpack(archive_of((name, b"x")))


def test_a_nul_does_not_hide_the_end_of_a_name():
    packed = archive_of(("checks.pyX.txt", b"x")).replace(b"checks.pyX.txt", b"checks.py\0.txt")

    refused(packed, "no control characters", "checks.py\N{REPLACEMENT CHARACTER}.txt")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("a.py", "A.py"), ("data/x", "Data/y"), ("straße", "STRASSE"), ("\u2460", "1"), ("a", "a/b"), ("A", "a/b")],
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_two_names_for_one_path_are_refused(one, other):
    for names in ((one, other), (other, one)):
        with pytest.raises(ArchiveError, match=r"same path|there twice"):
            unpack(archive_of(*((name, b"") for name in names)))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused():
    refused(archive_of(("checks.py", b"good"), ("checks.py", b"bad")), "there twice", "checks.py")


def test_names_of_other_systems_are_read_as_they_were_written():
    decomposed = archive_of(("cafe\u0301.csv", b"1"))
    unflagged = archive_of(("\u00e9.csv", b"1"))
    flags = struct.pack("<H", 0x800)
    unflagged = unflagged.replace(flags + b"\x08\0", b"\0\0\x08\0")

    assert list(unpack(decomposed)) == ["caf\u00e9.csv"]
    assert list(unpack(unflagged)) == ["\u00e9.csv"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_links_and_devices_are_refused(kind):
    refused(archive_of((entry("solution.py", kind | 0o777), b"/etc/passwd")), "link|neither", "solution.py")


def test_a_folder_that_is_a_link_is_refused():
    refused(archive_of((entry("data/", stat.S_IFLNK | 0o777), b"")), "link", "data")


def test_a_bomb_stops_at_the_limit():
    bomb = archive_of(("zeros.bin", bytes(60 * 2**20)))

    assert len(bomb) < 2**20
    refused(bomb, "larger than 8 MiB", "zeros.bin")


def test_many_small_bombs_are_counted_together():
    bomb = archive_of(*((f"zeros{number}.bin", bytes(2**20)) for number in range(9)))

    refused(bomb, "larger than 8 MiB", "zeros8.bin")


def test_a_bomb_that_lies_about_its_size_stops_too():
    bomb = bytearray(archive_of(("zeros.bin", bytes(50 * 2**20))))
    true_size = struct.pack("<I", 50 * 2**20)
    while (at := bomb.find(true_size)) >= 0:
        bomb[at : at + 4] = struct.pack("<I", 10)

    refused(bytes(bomb), "damaged|another size", "zeros.bin")


def test_a_file_that_is_shorter_than_promised_is_refused():
    packed = bytearray(archive_of(("checks.py", b"x" * 1234)))
    while (at := packed.find(struct.pack("<I", 1234))) >= 0:
        packed[at : at + 4] = struct.pack("<I", 4000)

    refused(bytes(packed), "damaged|another size", "checks.py")


def test_entries_that_share_their_bytes_are_refused():
    """As in David Fifield's bombs: many entries of the list point at one file."""
    packed = archive_of(("a", bytes(2**20)), ("b", b""))
    end = packed.rindex(b"PK\x05\x06")
    start = int.from_bytes(packed[end + 16 : end + 20], "little")
    first = packed[start : packed.index(b"PK\x01\x02", start + 4)]
    many = b"".join(first[:46] + bytes([97 + number]) + first[47:] for number in range(20))
    frame = packed[end : end + 8] + struct.pack("<HHIIH", 20, 20, len(many), start, 0)

    with pytest.raises(ArchiveError, match=r"differ|Overlapped|larger"):
        unpack(packed[:start] + many + frame)


def test_an_archive_within_an_archive_is_a_file_like_others():
    inner = archive_of(("zeros.bin", bytes(50 * 2**20)))

    assert unpack(archive_of(("data.zip", inner))) == {"data.zip": inner}


def test_too_many_files_are_refused():
    refused(archive_of(*((f"{number}", b"") for number in range(501))), "at most 500 files", "500")


def test_too_many_entries_are_refused_before_they_are_read():
    refused(archive_of(*((f".git/{number}", b"") for number in range(5001))), "too many files")


def test_a_list_longer_than_it_says_is_refused():
    packed = bytearray(archive_of(*((f".git/{number}", b"") for number in range(5001))))
    end = packed.rindex(b"PK\x05\x06")
    packed[end + 8 : end + 12] = struct.pack("<HH", 2, 2)

    refused(bytes(packed), "too many files")


def test_a_large_archive_is_refused_unread():
    refused(bytes(archives.MAX_ARCHIVE + 1), "larger than 8 MiB")


def test_files_that_do_not_shrink_cannot_pass_the_limit():
    noise = random.Random(0).randbytes(archives.MAX_UNPACKED)

    with pytest.raises(ArchiveError, match="larger than 8 MiB"):
        pack({"noise.bin": noise})


@pytest.mark.parametrize("flag", [0x1, 0x41, 0x2001])
def test_encrypted_files_are_refused(flag):
    packed = bytearray(archive_of(("checks.py", b"x")))
    packed[6:8] = struct.pack("<H", flag)
    at = packed.index(b"PK\x01\x02")
    packed[at + 8 : at + 10] = struct.pack("<H", flag)

    refused(bytes(packed), "encrypted", "checks.py")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_methods_are_refused(method):
    refused(archive_of((entry("checks.py", compress_type=method), b"x")), "deflate", "checks.py")


def test_the_format_for_large_archives_is_refused():
    packed = archive_of(("checks.py", b"x"))
    end = packed.rindex(b"PK\x05\x06")
    large = packed[:end] + packed[end : end + 8] + b"\xff\xff\xff\xff" + packed[end + 12 :]

    refused(large, "zip64")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: b"#!/bin/sh\n" + packed,
        lambda packed: packed + b"trailing",
        lambda packed: packed + packed,
        lambda packed: packed[: packed.index(b"PK\x01\x02")] + b"gap" + packed[packed.index(b"PK\x01\x02") :],
        lambda packed: packed[:-1],
        lambda packed: packed[: len(packed) // 2],
        lambda packed: b"",
        lambda packed: b"not a ZIP at all",
        lambda packed: b"\x1f\x8b" + zlib.compress(packed),
        lambda packed: b"PK\x05\x06",
    ],
)
def test_what_is_not_one_whole_zip_is_refused(spoil):
    refused(spoil(archive_of(*FILES.items())), "ZIP")


def test_an_empty_archive_has_no_files():
    assert unpack(archive_of()) == {}


def test_damage_anywhere_is_an_archive_error_or_harmless():
    packed = archive_of(*FILES.items())
    generator = random.Random(7)
    for _ in range(3000):
        spoiled = bytearray(packed)
        for _ in range(generator.randint(1, 4)):
            spoiled[generator.randrange(len(spoiled))] = generator.randrange(256)
        try:
            files = unpack(bytes(spoiled))
        except ArchiveError:
            continue
        assert all(archives.checked_path(name) == name for name in files)


def test_a_file_of_a_message_shows_no_escape_sequences():
    error = refused(archive_of(("a\x1b[2J.py", b"")), "control characters", "a\N{REPLACEMENT CHARACTER}[2J.py")

    assert str(error).isprintable()
