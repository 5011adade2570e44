import pytest

from server.outbox.addresses import AddressRefused
from server.sources.git.addresses import read_address, read_branch, read_folder


@pytest.mark.parametrize(
    ("text", "host", "path", "is_ssh"),
    [
        ("https://github.com/prof/course.git", "github.com", "/prof/course.git", False),
        ("https://git.example.org:8443/~a/b", "git.example.org", "/~a/b", False),
        ("git@github.com:prof/course.git", "github.com", "prof/course.git", True),
        ("ssh://git@git.example.org:2222/prof/course.git", "git.example.org", "/prof/course.git", True),
        (" ssh://git.example.org/x ", "git.example.org", "/x", True),
    ],
)
def test_repositories_are_named_by_https_and_ssh(text, host, path, is_ssh):
    address = read_address(text, allow_private=False)

    assert (address.host, address.path, address.is_ssh) == (host, path, is_ssh)


def test_the_name_is_the_end_of_the_path():
    assert read_address("git@h.org:a/prof/course.git", allow_private=False).name == "prof/course"
    assert read_address("https://h.org/course/", allow_private=False).name == "course"


REFUSED = [
    *("", "/etc", "../x", "course", "file:///etc", "git://github.com/a/b", "http://github.com/a/b", "ext::sh -c id"),
    *("ftp://h.org/a", "https://u:p@h.org/a", "https://token@h.org/a", "https://h.org", "https://h.org/", "https:///a"),
    *("https://h.org/a?x=1", "https://h.org/a#b", "https://h.org/a b", "https://h.org/\x1b", "https://h.org/é"),
    *("-oProxyCommand=id@h.org:x", "git@-oProxyCommand=id:x", "ssh://-oProxyCommand=id/x", "ssh://git@h.org/"),
    *("git@h.org:-x", "git@h.org:../../x", "ssh://git@h.org/a/../../x", "git@h.org:a'b", "git@h.org:a;id"),
    *("git@h.org:$(id)", "ssh://git:pw@h.org/x", "ssh://git@h.org:99999/x", "https://h.org:x/a", "g it@h.org:x"),
    "https://h.org/" + "a" * 400,
]
PRIVATE = [
    *("https://127.0.0.1/a", "https://localhost/a", "https://169.254.169.254/latest", "https://[::1]/a"),
    *("https://10.1.2.3/a", "https://2130706433/a", "https://0x7f.1/a", "https://intranet/a", "https://db.internal/a"),
    *("git@127.0.0.1:a", "ssh://git@localhost/a", "ssh://git@[::1]/a", "git@metadata:a", "ssh://git@192.168.0.1:22/a"),
    "https://[::ffff:10.0.0.1]/a",
]


@pytest.mark.parametrize("text", REFUSED)
def test_other_addresses_are_refused(text):
    for allow_private in (False, True):
        if allow_private and text.startswith("http://"):
            continue
        with pytest.raises(AddressRefused):
            read_address(text, allow_private=allow_private)


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_the_setting(text):
    with pytest.raises(AddressRefused, match="private"):
        read_address(text, allow_private=False)
    assert read_address(text, allow_private=True)


@pytest.mark.parametrize("name", ["main", "feature/a-b", "v1.2", "a_b", "user@home"])
def test_branches_have_the_names_that_git_gives(name):
    assert read_branch(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "-", "--upload-pack=id", "-oProxyCommand=id"),
        *("a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b"),
        *("/a", "a/", "a//b", "a.", "a.lock", ".a", "a/.b", "a@{1}", "a\n", "a\0b", "é", "x" * 201, "a.lock/b"),
    ],
)
def test_what_no_branch_can_be_called_is_refused(name):
    if name != "a\n":  # blanks around a name are taken away
        with pytest.raises(ValueError, match="branch"):
            read_branch(name)


def test_folders_lie_in_the_repository():
    assert [read_folder(text) for text in ("", "/", ".", "/a/b/", "a")] == ["", "", "", "a/b", "a"]
    for text in ("..", "a/../b", "a\\b", "a//b", "a\nb"):
        with pytest.raises(ValueError, match="path"):
            read_folder(text)
