"""Which process listens on the socket, and what the daemon itself finds. Starts no daemon."""

import os
import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from aircher_cli.commands.doctor.finding import OK, PROBLEM, WARNING, Finding, from_daemon
from aircher_cli.render.daemon import is_elsewhere
from aircher_cli.render.formatting import short_path
from aircher_cli.values import Map, as_map, number, text
from aircher_client import Client, ClientError, DaemonError
from aircher_client.autostart import is_enabled
from aircher_wire import address, codes, methods
from aircher_wire.directories import check_ownership
from aircher_wire.fingerprints import fingerprint
from aircher_wire.forward_record import read_record

SOCKET = "socket"
PROVIDERS = "providers"
"""The daemon's check whether any provider has a usable key."""
DAEMON = "daemon"

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 25.0
MAX_VARIABLES = 2000
MAX_NAME = 200

RESTART = "aircher-cli daemon restart"

_HUNG = re.compile(r"(?P<what>.*\(process (?P<pid>\d+)\).*?): .*kill -CONT (?P=pid)", re.DOTALL)
"""The error of a daemon that does not answer; `daemon restart` cannot talk to it, either."""

_FORWARD = re.compile(r"the forward (from|ends)", re.IGNORECASE)
"""In the error of a daemon on another machine, or of a forward that has just ended."""

_ENDS = re.compile(r"['`;,.)]")
"""What ends a command in a sentence."""


class Answer(NamedTuple):
    """What the daemon said; `facts` are empty if none runs or it cannot say.

    `is_elsewhere`: it is on another machine, and used through a forward.
    """

    findings: list[Finding]
    facts: Map
    pid: int = 0
    is_elsewhere: bool = False


def ask_daemon(environ: Mapping[str, str], *, may_connect: bool = True) -> Answer:
    """Connect to the daemon and let it look for problems.

    `may_connect` is False if that would start one.
    """
    try:
        path = address.find_socket(environ)
    except address.AddressError as error:
        what, _, cure = str(error).rpartition(". ")
        return Answer([Finding(SOCKET, PROBLEM, what or str(error), cure)], {})
    if not may_connect:
        return Answer([*socket_findings(path, environ, 0), waiting_for_request()], {})
    if not os.path.lexists(path):  # unlike `exists`, without an error for a directory of another
        return Answer([*socket_findings(path, environ, 0), not_running(environ)], {})
    try:
        return _ask(path, environ)
    except ClientError as error:
        return Answer([*socket_findings(path, environ, 0), unreachable(error, environ)], {})


def _ask(path: str, environ: Mapping[str, str]) -> Answer:
    with Client.connect(environ, autostart=False, timeout=CONNECT_SECONDS) as client:
        try:
            answer = as_map(
                client.call(methods.DIAGNOSE, fingerprints(environ), timeout=ANSWER_SECONDS)
            )
        except DaemonError as error:
            if error.code == codes.FORBIDDEN and _is_elsewhere(client):
                return Answer([running_elsewhere(client.server)], {}, is_elsewhere=True)
            return Answer([*notices(client), cannot_diagnose(error, client.server)], {})
        found = notices(client)
        findings = with_first_step(client, from_daemon(answer.get("findings")), environ)
    facts = as_map(answer.get("facts"))
    pid = int(number(facts.get("pid")) or 0)
    return Answer(
        [
            *socket_findings(path, environ, pid),
            running(facts),
            *found,
            *findings,
        ],
        facts,
        pid,
    )


def with_first_step(
    client: Client, findings: list[Finding], environ: Mapping[str, str]
) -> list[Finding]:
    """Return the findings with what `ask` would advise where no provider has a usable key.

    Only this shell knows the keys in its variables, and only a plan what the default model needs.
    """
    if not any(_is_keyless(each) for each in findings):
        return findings
    from aircher_cli.signing_in.notes import first_command  # noqa: PLC0415 -- rarely needed

    command = first_command(client, environ)
    return [
        each._replace(cure=command) if command and _is_keyless(each) else each for each in findings
    ]


def _is_keyless(finding: Finding) -> bool:
    return finding.check == PROVIDERS and finding.status == PROBLEM


def _is_elsewhere(client: Client) -> bool:
    try:
        return is_elsewhere(as_map(client.call(methods.STATUS, timeout=ANSWER_SECONDS)))
    except DaemonError:
        return False


def fingerprints(environ: Mapping[str, str]) -> Map:
    """Return the parameters of `diagnose`: what tells values apart, but not the values."""
    salt = token_hex(16)
    names = [name for name in environ if len(name) <= MAX_NAME][:MAX_VARIABLES]
    return {
        "salt": salt,
        "variables": {name: fingerprint(salt, environ[name]) for name in names if environ[name]},
    }


# ------------------------------------------------------------------ findings


def running(facts: Map) -> Finding:
    """Return the finding of a daemon that runs."""
    message = (
        f"version {text(facts.get('version'))} runs, started by {text(facts.get('started_by'))}"
    )
    return Finding(DAEMON, OK, f"{message} (process {text(facts.get('pid'))})")


def running_elsewhere(hello: Map) -> Finding:
    """Return the finding of a daemon on another machine, which does not look for problems here."""
    version = text(as_map(hello.get("server")).get("version"))
    message = (
        f"version {version} runs on another machine: 'aircher-cli doctor' there checks keys, "
        "providers and the configuration"
    )
    return Finding(DAEMON, OK, message)


def waiting_for_request() -> Finding:
    """Return the finding of a service that runs only when it is needed."""
    message = "none runs, and keys, providers and the configuration are not checked"
    cure = "run 'aircher-cli status', which starts it, and then 'aircher-cli doctor' again"
    return Finding(DAEMON, WARNING, message, cure)


def not_running(environ: Mapping[str, str]) -> Finding:
    """Return the finding that no daemon runs, and why none could be started."""
    try:
        check_ownership(environ)
    except address.AddressError as error:
        what, _, cure = str(error).rpartition(": ")
        return Finding(DAEMON, PROBLEM, f"none runs, and none can be started: {what}", cure)
    if forward := read_record(environ, address.find_socket(environ)):
        message = f"none is configured here, and the forward from {forward.origin} has ended"
        cure = (
            f"run 'aircher-cli forward {forward.host}' on {forward.origin} again, or here "
            "'aircher-cli daemon start --here' to use a daemon of this machine"
        )
        return Finding(DAEMON, WARNING, message, cure)
    more = "the next command starts one" if is_enabled(environ) else "AIRCHER_AUTOSTART is off"
    message = f"none runs ({more}); keys, providers and the configuration are not checked"
    cure = "run 'aircher-cli daemon start', and then 'aircher-cli doctor' again"
    return Finding(DAEMON, WARNING, message, cure)


def unreachable(error: ClientError, environ: Mapping[str, str]) -> Finding:
    """Return the finding of a daemon that cannot be reached or does not answer."""
    message = str(error)
    if "not running" in message:
        return not_running(environ)
    if hung := _HUNG.match(message):
        pid, what = hung["pid"], hung["what"]
        if is_stopped(pid):
            return Finding(DAEMON, PROBLEM, f"{what}: it is stopped", f"kill -CONT {pid}")
        return Finding(DAEMON, PROBLEM, f"{what}: it hangs", f"kill -KILL {pid}")
    # What a restart here does not change.
    is_forward = bool(_FORWARD.search(message))
    return Finding(DAEMON, PROBLEM, message, "" if is_forward else RESTART)


def is_stopped(pid: str) -> bool:
    """Return whether a process is stopped by a signal, as far as the system says."""
    try:
        found = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return found.rpartition(")")[2].split()[:1] in (["T"], ["t"])


def cannot_diagnose(error: DaemonError, hello: Map) -> Finding:
    """Return the finding of a daemon that cannot look for problems itself."""
    if error.code == codes.UNKNOWN_METHOD:
        version = text(as_map(hello.get("server")).get("version"))
        message = f"version {version} is too old to look for problems itself"
        return Finding(DAEMON, WARNING, message, RESTART)
    message = f"it could not look for problems itself ({error.code}): {error}"
    # A restart changes nothing about what this client may do.
    cure = "" if error.code == codes.FORBIDDEN else RESTART
    return Finding(DAEMON, PROBLEM, message, cure)


def notices(client: Client) -> list[Finding]:
    """Return the findings of the daemon's notices."""
    found = (notice_finding(each) for each in client.notices)
    return [each for each in found if each is not None]


def notice_finding(notice: Map) -> Finding | None:
    """Return the finding of a notice of the daemon; None for what it has a finding of its own.

    The cure is the first command that the message names.
    """
    code, message = text(notice.get("code")), text(notice.get("message"))
    if code in ("config_invalid", "old_home") or not message:
        return None
    _, found, rest = message.partition("aircher-cli ")
    command = _ENDS.split(rest)[0].strip()
    return Finding(DAEMON, WARNING, message, f"aircher-cli {command}" if found else "")


def socket_findings(path: str, environ: Mapping[str, str], pid: int) -> list[Finding]:
    """Return the findings about the socket file; `pid` is the process behind it, 0 if unknown."""
    shown = short_path(path, environ.get("HOME", ""))
    try:
        address.check_length(path)
        address.check_directory(Path(path).parent, os.getuid())
        status = Path(path).lstat()
    except FileNotFoundError:
        return []
    except address.AddressError as error:
        what, _, cure = str(error).rpartition(": ")
        return [Finding(SOCKET, PROBLEM, what or str(error), cure)]
    except OSError as error:
        return [Finding(SOCKET, PROBLEM, f"{shown} cannot be checked: {error.strerror}")]
    if not stat.S_ISSOCK(status.st_mode):
        return [Finding(SOCKET, PROBLEM, f"{shown} is not a socket", f"mv {path} {path}.old")]
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        message = f"{shown} is open to other users (mode {mode:04o})"
        return [Finding(SOCKET, WARNING, message, f"chmod 600 {shlex.quote(str(path))}")]
    by = f", served by process {pid}" if pid else ""
    return [Finding(SOCKET, OK, f"{shown}{by}")]
