"""Compares this client with the daemon: version, installation and time zone."""

import re
from collections.abc import Mapping
from pathlib import Path

from aircher_cli.commands.doctor.finding import OK, PROBLEM, WARNING, Finding
from aircher_cli.values import Map, as_map, number, text

VERSIONS = "versions"
TIME_ZONE = "time zone"

RESTART = "aircher-cli daemon restart"

_ZONE = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+)+|UTC")
"""A name that `[usage] time_zone` takes, and not a rule such as CET-1CEST."""
_VERSION = re.compile(r'^__version__ = "([^"]*)"', re.MULTILINE)


def version_findings(facts: Map, own_version: str, own_package: str) -> list[Finding]:
    """Return the finding about the versions of client, daemon and the daemon's installation.

    Args:
        facts: As the daemon sent them.
        own_version: Of this client.
        own_package: The directory of the `aircherd` package beside this client, or empty.
    """
    version, package = text(facts.get("version")), text(facts.get("package"))
    if package and not Path(package).exists():
        message = f"the installation that the daemon {version} was started from is gone: {package}"
        return [Finding(VERSIONS, PROBLEM, message, RESTART)]
    installed = installed_version(package)
    if installed not in {"", version}:
        message = f"the daemon is version {version}, and {installed} is installed now"
        return [Finding(VERSIONS, WARNING, message, RESTART)]
    if version != own_version:
        message = f"the daemon is version {version} ({package}), this client is {own_version}"
        return [Finding(VERSIONS, WARNING, message, RESTART)]
    if own_package and package != own_package:
        message = f"the daemon runs from {package}, this client from {own_package}; both are "
        return [Finding(VERSIONS, OK, f"{message}{version}")]
    return [Finding(VERSIONS, OK, f"client and daemon are {version}")]


def installed_version(package: str) -> str:
    """Return the version that is installed where the daemon runs from, empty if unknown."""
    file = Path(package).parent / "aircher_wire" / "version.py"
    try:
        found = _VERSION.search(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found.group(1) if found else ""


def time_zone_findings(
    facts: Map, offset: int, name: str, environ: Mapping[str, str]
) -> list[Finding]:
    """Return the finding about the time zones of daemon and client.

    Args:
        facts: As the daemon sent them.
        offset: Seconds east of UTC, in this process.
        name: The name of the zone, in this process.
        environ: This process's environment.
    """
    theirs = as_map(facts.get("time_zone"))
    their_offset = number(theirs.get("offset_s"))
    if their_offset is None:
        return []
    if int(their_offset) == offset:
        return [Finding(TIME_ZONE, OK, f"{name} for client and daemon")]
    message = f"the daemon counts days in {text(theirs.get('name'))}, this shell is in {name}"
    if theirs.get("configured"):
        return [Finding(TIME_ZONE, OK, f"{message}: [usage] time_zone says so")]
    message += ": limits per day and month begin at other times"
    is_service = text(facts.get("started_by")).startswith("systemd")
    return [Finding(TIME_ZONE, WARNING, message, _zone_cure(environ, is_service=is_service))]


def _zone_cure(environ: Mapping[str, str], *, is_service: bool) -> str:
    """Return how daemon and shell get the same zone; the daemon does not use the shell's `TZ`."""
    zone = environ.get("TZ", "")
    if _ZONE.fullmatch(zone):
        return f"aircher-cli config set usage.time_zone {zone}"
    if zone:
        return "unset TZ"
    return f"systemctl --user unset-environment TZ && {RESTART}" if is_service else RESTART
