"""The names of clients on other machines: `client@host`."""

import re

UNKNOWN_HOST = "unknown"
"""The host of a client that neither it nor the forwarder has named."""
MAX_HOST = 64
"""Characters of a host that are kept: what Linux allows in the name of a machine."""

_OTHER = re.compile(r"[^A-Za-z0-9._:-]+")


def clean_host(text: str) -> str:
    """Return a host as a name can have it: letters, digits and `._:-`, all else one `-` each.

    Names of hosts ignore case, so it is in lower case. An `@` would let a client choose the host
    that it is counted for.
    """
    return _OTHER.sub("-", text.strip())[:MAX_HOST].lower() or UNKNOWN_HOST


def name_at(client: str, host: str) -> str:
    """Return the name of a client at a host. The host is what follows the last `@`.

    A "?" takes the place of what cannot be shown: the name goes to lists and logs of this machine.
    """
    shown = "".join(char if char.isprintable() else "?" for char in client)
    return f"{shown}@{host}"
