"""Host names and addresses, without a name server."""

import functools
import ipaddress


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
