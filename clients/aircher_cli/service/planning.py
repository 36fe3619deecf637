"""Decides what the units of a service say, from the environment of the caller."""

from collections.abc import Mapping
from pathlib import Path

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.installation import find_installation, temporary_tool
from aircher_cli.service.rendering import Service
from aircher_client.systemd_socket import runtime_directory
from aircher_wire import address
from aircher_wire.directories import check_ownership, make_private_directory

_XDG = {
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
}


def plan(environ: Mapping[str, str], variables: Mapping[str, str], *, is_hardened: bool) -> Service:
    """Decide what the units say. `variables` is the environment that systemd gives to services.

    Raises:
        CommandFailed: no service can be installed from this environment.
        AddressError: a directory is another user's.
    """
    check_ownership(environ)
    installation = find_installation()
    if tool := temporary_tool(installation, environ):
        raise CommandFailed(
            f"{tool} runs this command from {installation.python}, which it removes later: install "
            "aircher first, with 'pipx install' or 'uv tool install'"
        )
    home = variables.get("HOME", "").rstrip("/")
    if home and home != environ.get("HOME", home).rstrip("/"):
        raise CommandFailed(
            f"HOME is {environ['HOME']}, but services of this user have {home}: set HOME={home}"
        )
    socket = address.find_socket(environ)
    usual = f"{runtime_directory(environ)}/aircher/aircher.sock"
    address.check_length(socket)
    own = carried_variables(environ, variables)
    return Service(
        installation,
        variables=own,
        environment_file=str(address.aircher_home(environ) / "environment"),
        writable=_writable(environ),
        socket=None if socket == usual else socket,
        is_hardened=is_hardened,
    )


def carried_variables(environ: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables the service needs to use the same files as the caller."""
    own: dict[str, str] = {}
    if environ.get("AIRCHER_HOME"):
        own["AIRCHER_HOME"] = str(address.aircher_home(environ))
    if environ.get("AIRCHER_SOCKET"):
        own["AIRCHER_SOCKET"] = address.find_socket(environ)
    for name, default in _XDG.items():
        base = f"{environ.get('HOME', '')}/{default}"
        here, there = (_absolute(found.get(name, ""), base) for found in (environ, variables))
        if here != there:
            own[name] = here
    return own


def _absolute(named: str, default: str) -> str:
    return named.rstrip("/") if named.startswith("/") else default


def _writable(environ: Mapping[str, str]) -> list[str]:
    """Return the directories that the daemon writes to."""
    cache = _absolute(environ.get("XDG_CACHE_HOME", ""), f"{environ.get('HOME', '')}/.cache")
    return [
        str(address.aircher_home(environ)),
        str(address.data_directory(environ)),
        str(address.state_directory(environ)),
        f"{cache}/aircher",
        str(address.socket_path(environ).parent),
    ]


def make_private(folders: list[Path]) -> None:
    """Create what the hardened daemon writes to, since it cannot create them itself."""
    for folder in folders:
        try:
            make_private_directory(folder)
        except OSError as error:
            raise CommandFailed(f"cannot create {folder}: {error.strerror}") from None
