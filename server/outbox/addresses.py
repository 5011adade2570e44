"""Protects our own network from requests that others make us send (server-side request forgery).

The owner of a URL decides what it says, and its name can resolve to a different address at each look-up. So the name is
resolved once, all its addresses must be public, and the connection goes to the address that was checked.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

NAT64 = ip_network("64:ff9b::/96")
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
    """Raise AddressRefused if a URL has the wrong form. Does not resolve its name."""
    _parts(url, allow_private)


def target_of(url: str, *, allow_private: bool) -> Target:
    """Return where to connect for a URL.

    Raises AddressRefused if the address is private and `allow_private` is false, OSError if the name does not resolve.
    """
    host, port, tls, path = _parts(url, allow_private)
    addresses = [ip_address(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressRefused(f"{host} leads to a private address.")
    return Target(host=host, address=str(addresses[0]), port=port, tls=tls, path=path)


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet. An IPv4 address inside an IPv6 one is unwrapped first."""
    inner = _unwrapped(address)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one contains; the address itself if it contains none."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


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
