"""Which web addresses may be called: a server must not be led to the inside of its own network."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

PORTS = {"https": 443, "http": 80}
ANY_HOST = ("*",)
_NAT64 = IPv6Network("64:ff9b::/96")


class Unresolved(Exception):
    """The name of the host is not known, now."""


@dataclass(frozen=True)
class Target:
    """Where a request goes: the name is for TLS and the Host header, the connection is made to `ip`."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def trusted(url: str) -> Target:
    """An address from the settings. It is the operator's, and may be anywhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return Target(parts.scheme, host, parts.port or PORTS[parts.scheme], _path(parts), host)


def guarded(url: str, hosts: Sequence[str]) -> Target:
    """An address that somebody typed, with the checked IP to connect to. Raise ValidationError or Unresolved.

    It is resolved here, and the connection is made to the result: a name that changes afterwards changes nothing.
    """
    parts, host, port = _parse(url, hosts)
    return Target(parts.scheme, host, port, _path(parts), _resolve(host, port))


def check(url: str, hosts: Sequence[str]) -> None:
    """Refuse an address when it is saved. A name that cannot be resolved now is judged when something is sent."""
    try:
        guarded(url, hosts)
    except Unresolved:
        return


def _parse(url: str, hosts: Sequence[str]) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise ValidationError("This is not a valid web address.") from error
    if not _is_plain(url) or not host or parts.scheme not in PORTS or port == 0:
        raise ValidationError("This is not a valid web address: it starts with https://, and has no blanks.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("A name or a password in the address is not supported.")
    if not _is_allowed_inside(host):
        _check_host(parts.scheme, host, hosts)
    return parts, host, port or PORTS[parts.scheme]


def _is_plain(url: str) -> bool:
    """Only what every parser reads alike: no blanks, control characters, backslashes, or letters beyond ASCII."""
    return url.isascii() and url.isprintable() and not set(url) & set(" \\")


def _check_host(scheme: str, host: str, hosts: Sequence[str]) -> None:
    if scheme != "https":
        raise ValidationError("The address must start with https://.")
    if not any(_matches(host, pattern) for pattern in hosts):
        raise ValidationError(f"The host of the address is not one of {', '.join(hosts)}.")


def _matches(host: str, pattern: str) -> bool:
    """A pattern is a name, or like `*.example.com` any name below it."""
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _is_allowed_inside(host: str) -> bool:
    """The operator vouches for this host: on premises, or in a test."""
    return host in settings.WEBHOOK_ALLOWED_HOSTS


def _resolve(host: str, port: int) -> str:
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved from error
    ips = [str(result[4][0]) for result in results]
    if not _is_allowed_inside(host) and not all(is_public(ip) for ip in ips):
        raise ValidationError(
            "The address leads into a private network. If that is meant, name its host in WEBHOOK_ALLOWED_HOSTS."
        )
    return ips[0]


def is_public(ip: str) -> bool:
    """An address of the internet: not this machine's, its network's or its cloud's, nor one of these in disguise."""
    address = _undisguised(ip_address(ip))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _undisguised(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address leads to, if it is of the kinds that do."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
