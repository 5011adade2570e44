"""Protects our own network from requests that others make us send (server-side request forgery).

The owner of a URL decides what it says, and its name can resolve to a different address at each look-up. So the name is
resolved once, all its addresses must be public, and the connection goes to the address that was checked.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

# The special registries of IANA, which Python's `is_global` follows only in part and not in every version.
NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ],
    )
)
# All public addresses of IPv6 are in one block; within it, some are for protocols and for documentation.
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
NAT64 = IPv6Network("64:ff9b::/96")
# In these, the last four bytes of an IPv6 address are an IPv4 address (ISATAP, RFC 5214).
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
# Names that lead nowhere on the public Internet (RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`).
PRIVATE_DOMAINS = frozenset({"localhost", "localdomain", "local", "internal", "home.arpa"})
# What IDNA reads as a dot between two parts of a name.
DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
Address = IPv4Address | IPv6Address


class AddressRefused(Exception):
    """We do not connect to this address. The text says why, for the person who entered it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where to connect: the name for TLS and Host, the address that was checked, and the path."""

    host: str
    address: str
    port: int
    tls: bool
    path: str


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise AddressRefused if a URL has the wrong form, or names a private address. Does not resolve its name.

    So the person who enters a URL sees at once that nothing can be sent there. A name is resolved before each request.
    """
    host, *_ = _parts(url, allow_private)
    check_host(host, allow_private=allow_private)


def check_host(host: str, *, allow_private: bool) -> None:
    """Raise AddressRefused if a host names a private address. Does not resolve its name."""
    if not allow_private and _is_private_host(host):
        raise AddressRefused(f"{host} is a private address. Enter one that can be reached from the Internet.")


def _is_private_host(host: str) -> bool:
    name = normalize("NFKC", unquote(host)).translate(DOTS).rstrip(".").casefold()
    address = literal_address(name)
    if address is not None:
        return not is_public(address)
    labels = name.split(".")
    return len(labels) == 1 or any(".".join(labels[i:]) in PRIVATE_DOMAINS for i in range(len(labels)))


def literal_address(host: str) -> Address | None:
    """Return the address that a host is, in any notation that a resolver reads; None if the host is a name.

    For IPv4 these are also a decimal, hexadecimal or octal number, and fewer than four parts; for IPv6 a zone.
    """
    with suppress(ValueError):
        return ip_address(host.partition("%")[0])
    with suppress(OSError, ValueError):
        return IPv4Address(socket.inet_aton(host))
    return None


def target_of(url: str, *, allow_private: bool) -> Target:
    """Return where to connect for a URL.

    Raises AddressRefused if the address is private and `allow_private` is false, OSError if the name does not resolve.
    """
    host, port, tls, path = _parts(url, allow_private)
    return Target(host=host, address=resolve(host, port, allow_private=allow_private), port=port, tls=tls, path=path)


def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """Return the address to connect to for a host.

    Raises AddressRefused if one of its addresses is private and `allow_private` is false, OSError if it has none.
    """
    addresses = [ip_address(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressRefused(f"{host} leads to a private address.")
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet. Each IPv4 address inside an IPv6 one must be public, too."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    inside = _inside(address)
    if inside and not all(map(is_public, inside)):
        return False
    if address.ipv4_mapped or address.sixtofour or address in NAT64:
        return True
    return address in PUBLIC_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def _inside(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address contains."""
    number = int(address)
    last = IPv4Address(number & 0xFFFF_FFFF)
    found = [last] if address in NAT64 or number >> 32 & 0xFFFF_FFFF in ISATAP else []
    found += [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
    return found


def _parts(url: str, allow_private: bool) -> tuple[str, int, bool, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is not a URL.") from None
    tls = parts.scheme == "https"
    if not tls and not (parts.scheme == "http" and allow_private):
        raise AddressRefused("The address must begin with https://.")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise AddressRefused("The address must name a host, and no user or password.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.hostname, port or (443 if tls else 80), tls, path
