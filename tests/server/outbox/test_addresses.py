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
    # Special registries: site-local, protocol assignments, documentation, benchmarks, reserved, relays.
    "fec0::1",
    "192.0.0.192",
    "192.0.0.9",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    "240.0.0.1",
    "239.1.1.1",
    "0.1.2.3",
    "100.127.255.254",
    "2001:db8::1",
    "3fff::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "100::1",
    "5f00::1",
    "4000::1",
    "fc00::1",
    "ff0e::1",
    # Private IPv4 addresses inside IPv6 ones: mapped, compatible, translated, 6to4, NAT64, Teredo, ISATAP.
    "::ffff:10.0.0.1",
    "::ffff:192.0.0.192",
    "::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "2002:a00:1::1",
    "2002:c000:c0::1",
    "64:ff9b::a00:1",
    "64:ff9b::c0a8:101",
    "64:ff9b:1::5db8:d822",
    "2001:0:5db8:d822:0:0:f5ff:fffe",
    "2001:0:a00:1:0:0:a247:27dd",
    "2606:2800:220:1:0:5efe:a00:1",
    "2606:2800:220:1:200:5efe:a00:1",
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


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "192.0.1.1",
        "100.128.0.1",
        "172.32.0.1",
        "223.255.255.254",
        "2606:2800:220:1:248:1893:25c8:1946",
        "2a00:1450::1",
        # A network with IPv6 only reaches public IPv4 addresses like this.
        "64:ff9b::5db8:d822",
        "::ffff:93.184.216.34",
    ],
)
def test_the_target_is_the_public_address_that_was_checked(monkeypatch, address):
    resolver(monkeypatch, address)

    target = target_of("https://lms.example/hook?a=b", allow_private=False)

    assert (target.host, target.port, target.path) == ("lms.example", 443, "/hook?a=b")
    assert ip_address(target.address) == ip_address(address)
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


def as_host(address):
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_when_entered(address):
    with pytest.raises(AddressRefused, match="private address"):
        check_url(f"https://{as_host(address)}/hook", allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        # One address in the notations that resolvers read: decimal, hexadecimal, octal, short, mixed.
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "127.0.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0xA9FEA9FE",
        "2852039166",
        "10.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "[fe80::1%25eth0]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        # Names that cannot be public.
        "localhost",
        "LOCALHOST.",
        "api.localhost",
        "metadata.google.internal",
        "printer.local",
        "nas.home.arpa",
        "redis",
    ],
)
def test_a_private_host_is_refused_in_any_notation(host):
    with pytest.raises(AddressRefused, match="private address"):
        check_url(f"https://{host}/hook", allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "lms.example.edu",
        "93.184.216.34",
        "[2a00:1450::1]",
        "1572395042",
        "10.example.edu",
        "local.example.edu",
        "bücher.example",
    ],
)
def test_public_hosts_are_accepted_when_entered(host):
    check_url(f"https://{host}:8443/hook", allow_private=False)


def test_private_addresses_can_be_allowed():
    check_url("http://10.0.0.1/hook", allow_private=True)
    assert target_of("http://127.0.0.1:8080/", allow_private=True).address == "127.0.0.1"
