"""Keeping requests to others out of our own network.

A URL is whatever its owner says, and its name may lead anywhere, to another place at each look-up. So the name is
looked up once, every address it has must be a public one, and the connection goes to the address that was checked.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

NAT64 = ip_network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


class Refused(Exception):
    """Nothing is sent to this address; the text says why, for the one who entered it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a delivery goes: the name for TLS and Host, the address that was checked, and the path."""

    host: str
    address: str
    port: int
    tls: bool
    path: str


def check_url(url: str, *, allow_private: bool | None = None) -> None:
    """Raise Refused where a URL is none that we deliver to, whatever its name may lead to."""
    _parts(url, _allows(allow_private))


def target_of(url: str, *, allow_private: bool | None = None) -> Target:
    """Return where to connect for a URL; Refused where that is private, OSError where the name leads nowhere.

    Whether private addresses will do is as webhooks have it, unless the caller says otherwise.
    """
    allow_private = _allows(allow_private)
    host, port, tls, path = _parts(url, allow_private)
    addresses = [ip_address(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(map(is_public, addresses)):
        raise Refused(f"{host} leads to a private address.")
    return Target(host=host, address=str(addresses[0]), port=port, tls=tls, path=path)


def _allows(allow_private: bool | None) -> bool:
    return bool(settings.WEBHOOKS_ALLOW_PRIVATE) if allow_private is None else allow_private


def is_public(address: Address) -> bool:
    """Whether an address lies in the open net, whichever way it is wrapped."""
    inner = _unwrapped(address)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it stands for one."""
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
        raise Refused("This is no URL.") from None
    tls = parts.scheme == "https"
    if not tls and not (parts.scheme == "http" and allow_private):
        raise Refused("The address must begin with https://.")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise Refused("The address must name a host, and no user or password.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.hostname, port or (443 if tls else 80), tls, path
