"""Servers that send what no Git server sends, or lead elsewhere."""

import socket
import struct
import threading
import time
import zlib
from hashlib import sha1

import pytest

from server.outbox import addresses
from server.sources.git import fetching, packs
from server.sources.git.__main__ import fetch as fetch_here
from server.sources.git.messages import Fetch, FetchProblem
from server.sources.git.packs import Pack
from tests.support.git_servers import https_server


def read(address, **more):
    asked = {"branch": "main", "folder": "", "allow_private": True, "timeout": 2} | more
    return fetch_here(Fetch(address=address, **asked))


def redirect_to(target):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class Resolver:
    """Names that resolve as the test says; every connection goes to the server of the test."""

    def __init__(self, monkeypatch, answers):
        self.answers, self.asked, self.connected = answers, [], []
        monkeypatch.setattr(addresses.socket, "getaddrinfo", self.resolve)
        monkeypatch.setattr(socket, "create_connection", self.connect)

    def resolve(self, host, port, **_):
        self.asked.append(host)
        answers = self.answers[host]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(self, address, *_):
        self.connected.append(address[0])
        raise ConnectionRefusedError("the test lets nobody through")


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1/x/info/refs",
        "https://169.254.169.254/latest/meta-data/",
        "http://h.org/x",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_into_our_network_is_refused(target, monkeypatch):
    reached = []
    with https_server(redirect_to(target)) as url:
        port = int(url.rpartition(":")[2])
        real = addresses.target_of

        def only_the_first(asked, *, allow_private):
            reached.append(asked)
            if len(reached) == 1:
                return addresses.Target(
                    host="localhost", address="127.0.0.1", port=port, tls=False, path="/x/info/refs"
                )
            return real(asked, allow_private=allow_private)

        monkeypatch.setattr(addresses, "target_of", only_the_first)
        fetched = read("https://git.example.org/x", allow_private=False)

    assert len(reached) == 2
    assert "private address" in fetched.error or "must begin with https" in fetched.error


def test_a_server_that_redirects_for_ever_is_left():
    with https_server(redirect_to("/again")) as url:
        assert "redirects too often" in read(f"{url}/x").error


@pytest.mark.parametrize("address", ["https://git.example.org/x", "git@git.example.org:x"])
@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "0.0.0.0"])
def test_a_name_that_leads_into_our_network_is_refused(address, inside, monkeypatch):
    resolver = Resolver(monkeypatch, {"git.example.org": [inside]})

    fetched = read(address, allow_private=False)

    assert "leads to a private address" in fetched.error
    assert resolver.connected == []


@pytest.mark.parametrize("address", ["https://git.example.org/x", "git@git.example.org:x"])
def test_a_name_that_changes_its_address_is_asked_once(address, monkeypatch):
    resolver = Resolver(monkeypatch, {"git.example.org": ["93.184.216.34", "127.0.0.1"]})
    monkeypatch.setattr("server.sources.git.transports.create_connection", resolver.connect)

    assert read(address, allow_private=False).error
    assert resolver.connected == ["93.184.216.34"]


def answer_with(body, *, kind="application/x-git-upload-pack-advertisement"):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    "body",
    [b"", b"0000", b"ffff", b"zzzz", b"0004", b"001e# service=git-upload-pack\n0000", b"x" * 1000, b"000eversion 9\n"],
)
def test_nonsense_is_an_error_of_the_repository(body):
    with https_server(answer_with(body)) as url:
        assert read(f"{url}/x").error


def test_a_page_is_no_repository():
    with https_server(answer_with(b"<html>", kind="text/html")) as url:
        assert "not the address of a Git repository" in read(f"{url}/x").error


def test_a_server_that_never_ends_is_cut_off():
    done = threading.Event()

    def drip(handler):
        answer_with(b"")(handler)
        while not done.wait(0.2):
            try:
                handler.wfile.write(b"0008#   ")
                handler.wfile.flush()
            except OSError:
                return

    with https_server(drip) as url:
        asked = Fetch(address=f"{url}/x", branch="main", folder="", allow_private=True, timeout=5)
        begin = time.monotonic()
        fetched = fetching.fetch(asked, seconds=6)
        taken = time.monotonic() - begin
        done.set()

    assert fetched.error == fetching.TOO_SLOW
    assert taken < 60


def test_a_server_that_sends_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr("server.sources.git.transports.MAX_REFERENCES", 1000)

    with https_server(answer_with(b"0009# xx\n" * 100_000)) as url:
        assert "larger than" in read(f"{url}/x", max_pack=0).error


class TestPacks:
    def pack_of(self, *entries):
        body = b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries)
        return body + sha1(body, usedforsecurity=False).digest()

    def entry(self, kind, content, *, base=b"", size=None):
        size = len(content) if size is None else size
        first, size = kind << 4 | size & 0x0F, size >> 4
        header = []
        while size:
            header.append(first | 0x80)
            first, size = size & 0x7F, size >> 7
        return bytes([*header, first]) + base + zlib.compress(content)

    def number(self, value):
        parts = []
        while value >= 0x80:
            parts.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*parts, value])

    def delta_bomb(self, size, times):
        """Return a pack with one blob, and a delta that copies it again and again."""
        blob = bytes(size)
        name = sha1(b"blob %d\0" % size + blob, usedforsecurity=False).digest()
        copy = bytes([0x80 | 0x70]) + struct.pack("<I", size)[:3]
        delta = self.number(size) + self.number(size * times) + copy * times
        return self.pack_of(self.entry(3, blob), self.entry(7, delta, base=name))

    def test_a_delta_that_grows_is_refused_before_it_is_made(self):
        assert len(self.delta_bomb(2**20, 5000)) < 100_000
        with pytest.raises(FetchProblem, match="larger than 32 MiB"):
            Pack(self.delta_bomb(2**20, 5000))

    def test_many_deltas_are_counted_together(self, monkeypatch):
        monkeypatch.setattr(packs, "MAX_INFLATED", 10 * 2**20)

        with pytest.raises(FetchProblem, match="too large together"):
            Pack(self.delta_bomb(2**20, 30))

    def test_a_delta_within_the_limits_is_applied(self):
        assert Pack(self.delta_bomb(100, 3)).get(sha1(b"blob 300\0" + bytes(300)).digest(), b"blob") == bytes(300)

    @pytest.mark.parametrize("size", [2**40, 33 * 2**20])
    def test_a_promised_size_is_not_believed(self, size):
        with pytest.raises(FetchProblem, match="larger than 32 MiB"):
            Pack(self.pack_of(self.entry(3, b"x", size=size)))

    def test_a_blob_that_is_longer_than_promised_is_damaged(self):
        with pytest.raises(FetchProblem, match="damaged"):
            Pack(self.pack_of(self.entry(3, bytes(2**20), size=10)))

    def test_deltas_that_wait_for_each_other_are_damaged(self):
        one, other = (self.entry(7, b"\x01\x01\x01x", base=bytes([n]) * 20) for n in (1, 2))
        with pytest.raises(FetchProblem, match="damaged"):
            Pack(self.pack_of(one, other))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda p: b"",
            lambda p: p[:-1],
            lambda p: p[:12],
            lambda p: p + b"x",
            lambda p: p[:20] + bytes([p[20] ^ 1]) + p[21:],
        ],
    )
    def test_a_damaged_pack_is_an_error(self, spoil):
        with pytest.raises(FetchProblem, match="damaged"):
            Pack(spoil(self.delta_bomb(100, 3)))

    def test_too_many_objects_are_refused_unread(self):
        body = b"PACK" + struct.pack(">II", 2, 2**31)
        with pytest.raises(FetchProblem, match="more than 250,000"):
            Pack(body + sha1(body, usedforsecurity=False).digest())
