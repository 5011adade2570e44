"""Private addresses are refused, in any notation and behind any name."""

import socket
from ipaddress import ip_address

import pytest

from server.outbox.addresses import AddressRefused, check_url, is_public, target_of

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
    """Make every name resolve to these addresses."""
    found = [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_with_a_private_address_is_refused(monkeypatch, address):
    resolver(monkeypatch, address)

    with pytest.raises(AddressRefused):
        target_of("https://lms.example/hook", allow_private=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_the_target_is_the_public_address_that_was_checked(monkeypatch, address):
    resolver(monkeypatch, address)

    target = target_of("https://lms.example/hook?a=b", allow_private=False)

    assert (target.host, target.address, target.port, target.path) == ("lms.example", address, 443, "/hook?a=b")
    assert is_public(ip_address(address))


def test_one_private_address_among_public_ones_is_refused(monkeypatch):
    resolver(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(AddressRefused):
        target_of("https://lms.example/", allow_private=False)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://localhost/"])
def test_the_own_machine_is_refused_in_any_notation(url):
    with pytest.raises(AddressRefused):
        target_of(url, allow_private=False)


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
def test_a_url_of_the_wrong_form_is_refused_when_entered(url):
    with pytest.raises(AddressRefused):
        check_url(url, allow_private=False)


def test_private_addresses_can_be_allowed():
    assert target_of("http://127.0.0.1:8080/", allow_private=True).address == "127.0.0.1"
