"""The shipped units -> the files for one installation and one home. Plain functions."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_cli.service import quoting
from aircher_cli.service.installation import Installation
from aircher_cli.service.unit_file import Ownership
from aircher_client.systemd_socket import MARKER, SERVICE, SOCKET
from aircher_wire import address
from aircher_wire.version import __version__

HARDENING = f"{SERVICE}.d/hardening.conf"
"""The drop-in of `--hardened`, relative to the directory of the units."""

FILES = (SOCKET, SERVICE, HARDENING)
"""All files of a service, relative to the directory of the units."""

SHIPPED = Path(__file__).parent / "units"

_FACTS = "X-Aircher"
"""A section that systemd ignores, as all whose names begin with `X-`."""

_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 -- what PrivateTmp= replaces


class Service(NamedTuple):
    """What the units are rendered for.

    `variables` are set in addition to the shipped ones. `writable` are the directories that the
    daemon writes to. `socket` is None for the usual one, `$XDG_RUNTIME_DIR/aircher/aircher.sock`.
    """

    installation: Installation
    variables: Mapping[str, str]
    environment_file: str
    writable: list[str]
    socket: str | None = None
    is_hardened: bool = False


def render(service: Service) -> dict[str, str]:
    """Return the text of each file by its path below the directory of the units.

    Raises:
        CommandFailed: a path cannot be written in a unit file.
    """
    files = {SERVICE: _render_service(service), SOCKET: _render_socket(service)}
    if service.is_hardened:
        files[HARDENING] = _render_hardening(service)
    return {name: with_header(text) for name, text in files.items()}


def shipped(name: str) -> str:
    """Return the text of a shipped file without the comment at its beginning."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    return text[text.index("\n[") + 1 :]


def _render_service(service: Service) -> str:
    python = service.installation.python
    start = quoting.command_line(python, "-P", "-m", "aircherd")
    reload = quoting.command_line(python, "-P", "-m", "aircher_cli", "config", "reload")
    variables = [
        f"Environment={quoting.word(f'{name}={value}')}"
        for name, value in service.variables.items()
    ]
    text = _replace(shipped(SERVICE), "ExecStart=", [f"ExecStart={start}"])
    text = _replace(text, "ExecReload=", [f"ExecReload={reload}"])
    file = f"EnvironmentFile=-{quoting.pattern(service.environment_file)}"
    text = _replace(text, "EnvironmentFile=", [*variables, file])
    facts = {"Python": python, "Package": service.installation.package}
    lines = [f"{name}={quoting.whole_value(value)}" for name, value in facts.items()]
    return "\n".join([text.rstrip("\n"), "", f"[{_FACTS}]", *lines, ""])


def _render_socket(service: Service) -> str:
    text = shipped(SOCKET)
    if service.socket is None:
        return text
    http = address.http_socket(service.socket)
    # With a path that is too long, systemd would open neither.
    is_short = len(os.fsencode(http)) <= address.MAX_PATH
    lines = [f"ListenStream={quoting.whole_value(service.socket)}"]
    text = _replace(text, "ListenStream=%t/aircher/aircher.sock", lines)
    lines = [f"ListenStream={quoting.whole_value(http)}"] if is_short else []
    return _replace(text, "ListenStream=%t/aircher/http.sock", lines)


def _render_hardening(service: Service) -> str:
    paths = " ".join(quoting.word(f"-{path}") for path in service.writable)
    text = _replace(shipped(HARDENING), "ReadWritePaths=-%h/.aircher", [f"ReadWritePaths={paths}"])
    used = [*service.writable, *service.installation, *filter(None, [service.socket])]
    if any(path.startswith(f"{folder}/") for path in used for folder in _TEMPORARY):
        reason = "# Not PrivateTmp=: the daemon uses files below /tmp."
        text = _replace(text, "PrivateTmp=", [reason])
    return text


def _replace(text: str, start: str, lines: list[str]) -> str:
    """Replace the only line that begins with `start`."""
    before = text.splitlines()
    [at] = [number for number, line in enumerate(before) if line.startswith(start)]
    return "\n".join([*before[:at], *lines, *before[at + 1 :], ""])


# ------------------------------------------------------------------ the header


def with_header(text: str) -> str:
    """Put our mark, the version and a checksum above the text of a file."""
    return f"{MARKER} of aircher {__version__} ({_checksum(text)}).\n{_ADVICE}{text}"


_ADVICE = """\
# Change it with 'systemctl --user edit', since the next installation replaces this file.
# Remove it with 'aircher-cli daemon uninstall'.

"""


def is_ours(text: str) -> bool:
    """Tell whether `daemon install` wrote a file, even if it was changed since."""
    return text.startswith(MARKER)


def is_unchanged(text: str) -> bool:
    """Tell whether a file is as `daemon install` wrote it."""
    header, _, rest = text.partition("\n")
    body = rest.removeprefix(_ADVICE)
    return is_ours(text) and header.endswith(f"({_checksum(body)}).")


OWNERSHIP = Ownership(is_ours, is_unchanged)


def has_same_body(one: str, other: str) -> bool:
    """Tell whether two files of ours differ at most in the version that wrote them."""
    return one.partition("\n")[2] == other.partition("\n")[2]


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_installation(text: str) -> Installation | None:
    """Return the installation that a service file of ours starts; None if it is not ours."""
    if not is_ours(text):
        return None
    lines = text.partition(f"[{_FACTS}]\n")[2].splitlines()
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    if not {"Python", "Package"} <= facts.keys():
        return None
    return Installation(*(facts[name].replace("%%", "%") for name in ("Python", "Package")))
