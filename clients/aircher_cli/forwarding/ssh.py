"""The command line of ssh, and what its end means."""

import shlex
from collections.abc import Sequence

from aircher_cli.exit_codes import UsageError

PROGRAM = "ssh"
REMOTE_COMMAND = "aircher-cli"
OPTIONS = (
    "-T",  # no terminal: its driver would change bytes
    "-a",  # no agent and no X11 of this machine for what runs there
    "-x",
    "-oPermitLocalCommand=no",
    "-oRemoteCommand=none",
    "-oConnectTimeout=15",
)
"""As `scp` uses it: one connection for one purpose. The user's own options come first and win."""

NO_FORWARDS = "-oClearAllForwardings=yes"
"""Those of the configuration may be open already, and would fail."""
MUST_FORWARD = "-oExitOnForwardFailure=yes"
"""Or a program of another user there could have the port, and be sent tokens."""
FORWARDS = ("-R", "-L", "-D")
"""Options with which the user wants some after all, such as the port for HTTP."""

CANNOT_CONNECT = 255
"""The exit code of ssh if it could not connect; all others are the remote command's."""
NOT_FOUND = 127
USAGE = (2, 64)


def command_line(host: str, options: Sequence[str], remote: str) -> list[str]:
    """Return the arguments that run the other end: `remote` are words for a shell on HOST.

    `~/.local/bin`, where most installations are, is often missing in the PATH of such a shell.

    Raises:
        UsageError: HOST is an option of ssh.
    """
    if host.startswith("-") or not host:
        raise UsageError(f"{host or 'nothing'} is no host: options of ssh follow --")
    script = f'PATH="$PATH:$HOME/.local/bin"; exec {remote} forward --remote'
    wants_forwards = any(option.startswith(FORWARDS) for option in options)
    own = (*OPTIONS, MUST_FORWARD if wants_forwards else NO_FORWARDS)
    return [PROGRAM, *options, *own, "--", host, f"exec sh -c {shlex.quote(script)}"]


def host_name(host: str) -> str:
    """Return the name that clients there are counted by: HOST without its user."""
    name = host.removeprefix("ssh://").rpartition("@")[2]
    return name.partition("/")[0] or host


def explain_failure(host: str, code: int | None, said: str, remote: str) -> str:
    """Return why the other end did not come up. `said` is what came instead of its greeting."""
    if code == CANNOT_CONNECT:
        return f"ssh could not connect to {host}: see its message above"
    if code == NOT_FOUND:
        return (
            f"{remote} was not found on {host}: install aircher there, or say where it is: "
            "--command PATH"
        )
    if code in USAGE:
        return f"{remote} on {host} cannot forward: it is of an earlier version. Update it there"
    output = " ".join(said.split())[:200]
    what = f"; it wrote: {output}" if output else ""
    how = "did not start" if code is None else f"ended with exit code {code}"
    return f"{remote} on {host} {how}{what}"
