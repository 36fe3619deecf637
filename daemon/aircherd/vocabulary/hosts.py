"""Host names and addresses, without a name server; and the clients that are at other hosts.

A client on another machine is called `client@host`; a client here has its own name. In the
configuration, `*@host` is every client at a host, and `*@*` every client at any other machine. The
most exact entry decides about a client; limits count separately, so every one that matches counts.
"""

import functools
import ipaddress
import re

ANY_HOST = "*@*"
"""All clients on other machines."""
_AT_HOST = "*@"
_HOST = re.compile(r"[a-z0-9._:-]{1,64}")
"""What a host's name is made of: the daemon puts all others into this form."""


@functools.lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine: a loopback address, `localhost` or `*.localhost`.

    RFC 6761, section 6.3, reserves these names for loopback. `host` has no port and no brackets.
    """
    name = host.lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_to_resolve(host: str) -> str:
    """Return the name to look up for `host`: `localhost` for `*.localhost`, else `host` itself.

    Not every resolver keeps `*.localhost` on this machine, as RFC 6761 requires; one that asks the
    DNS could send a key elsewhere over plain http.
    """
    return "localhost" if host.lower().endswith(".localhost") else host


def is_ip_address(host: str) -> bool:
    """Return whether `host` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------ clients at other hosts


def host_of(name: str) -> str | None:
    """Return the host in a name, None if it has none. The host is what follows the last `@`."""
    client, _, host = name.rpartition("@")
    return host if client and host else None


def is_pattern(name: str) -> bool:
    """Return whether a name stands for several clients on other machines."""
    return name.startswith(_AT_HOST)


def pattern_problem(name: str) -> tuple[str, str] | None:
    """Return what is wrong with a name that has a `*` beside an `@`, and what to write instead."""
    client, _, host = name.rpartition("@")
    if not client or "*" not in name:
        return None
    if client != "*":
        return "stands for no clients", f'write "*@{host}" or "{ANY_HOST}", or the whole name'
    if host == "*" or _HOST.fullmatch(host):
        return None
    if _HOST.fullmatch(host.lower()):
        return "has a host in capital letters", f'write "*@{host.lower()}"'
    return (
        "has a host that no client can have",
        f'use lower-case letters, digits and ._:-, or "{ANY_HOST}" for all',
    )


def patterns_for(host: str) -> tuple[str, str]:
    """Return the patterns that the clients at `host` match, the most exact first."""
    return f"{_AT_HOST}{host}", ANY_HOST


@functools.lru_cache(maxsize=1024)
def is_one_of(name: str, wanted: str) -> bool:
    """Return whether a client of this `name` is `wanted`, which may be a pattern."""
    if name == wanted:
        return True
    return (
        is_pattern(wanted)
        and (host := host_of(name)) is not None
        and (wanted in patterns_for(host))
    )
