"""Private addresses: however they are written, and wherever a name leads."""

import socket
from ipaddress import ip_address

import pytest

from server.webhooks.guard import Refused, check_url, is_public, target_of

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


def resolver(monkeypatch, *addresses):
    """Have every name lead to these addresses."""
    found = [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_by_whatever_name(monkeypatch, address):
    resolver(monkeypatch, address)

    with pytest.raises(Refused):
        target_of("https://lms.example/hook")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_connected_to_as_it_was_checked(monkeypatch, address):
    resolver(monkeypatch, address)

    target = target_of("https://lms.example/hook?a=b")

    assert (target.host, target.address, target.port, target.path) == ("lms.example", address, 443, "/hook?a=b")
    assert is_public(ip_address(address))


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    resolver(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(Refused):
        target_of("https://lms.example/")


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://localhost/"])
def test_the_machine_itself_is_refused_however_it_is_written(url):
    with pytest.raises(Refused):
        target_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/",
        "ftp://lms.example/",
        "https://",
        "https://user:pw@lms.example/",
        "https://x:99999/",
        "text",
    ],
)
def test_a_url_that_we_do_not_send_to_is_refused_when_it_is_entered(url):
    with pytest.raises(Refused):
        check_url(url)


def test_a_setting_allows_what_a_closed_network_needs(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    assert target_of("http://127.0.0.1:8080/").address == "127.0.0.1"
