"""Whether connecting would start a daemon that the user stopped.

systemd goes on listening when its service is stopped, and a connection starts the service again. It
also keeps a connection that is made while the service stops, and then starts it for that one.
"""

from collections.abc import Mapping

RUNNING = frozenset({"active", "reloading"})
"""States of a unit whose process serves clients."""


def may_connect(environ: Mapping[str, str]) -> bool:
    """Tell whether a connection would start nothing: without a service always."""
    from aircher_client.systemd_socket import SERVICE, find_socket_unit  # noqa: PLC0415 -- rarely

    if find_socket_unit(environ) is None:
        return True
    # Only with a service, after it was stopped: this brings subprocess.
    from aircher_cli.exit_codes import CommandFailed  # noqa: PLC0415
    from aircher_cli.service.systemctl import QUICK_SECONDS, Systemctl  # noqa: PLC0415

    try:
        found = Systemctl(environ).show(SERVICE, "ActiveState", timeout=QUICK_SECONDS)
    except CommandFailed:
        return True  # no systemd runs for this user, so none listens
    return found.get("ActiveState") in RUNNING
