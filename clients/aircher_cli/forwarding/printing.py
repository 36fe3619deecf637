"""Lines for `~/.ssh/config` that forward the socket without `aircher-cli forward`."""

import os
from collections.abc import Mapping

from aircher_cli.exit_codes import UsageError
from aircher_wire import address


def ssh_lines(environ: Mapping[str, str], host: str, wished: str | None) -> list[str]:
    """Return the lines, with what to mind as comments. `wished` is a path or a name on HOST.

    What they say was measured with OpenSSH 9.2.

    Raises:
        UsageError: a word would end its line, or be two.
    """
    for word in (host, wished or ""):
        if not word.isprintable() or " " in word:
            raise UsageError(f"{word!r} cannot stand in a line of ssh's configuration")
    here = address.extra_socket(address.find_socket(environ))
    uid = os.getuid()
    there = wished or "aircher"
    is_usual = "/" not in there
    if is_usual:
        there = f"/run/user/{uid}/aircher/{there.removesuffix('.sock')}.sock"
    folder = os.path.dirname(there)  # noqa: PTH120 -- a path of another machine
    lines = [
        f"# Before the first time, on {host}: mkdir -p -m 700 {folder}",
        "# ssh leaves the file of the socket there at every end, and refuses to replace it, unless",
        "# its sshd has 'StreamLocalBindUnlink yes'. Else, before each time: rm -f " + there,
    ]
    lines.append(f"# If a daemon ran there before, once, after its end: rm -f {there}.lock")
    if is_usual:
        lines.append(f"# {uid} is your user id here (id -u): put in the one that you have there.")
    if there.startswith("~"):
        lines.append("# ssh does not expand ~ there: write the path in full.")
    where = host.rpartition("@")[2]
    return [
        *lines,
        f"Host {where}",
        f"    RemoteForward {there} {here}",
        "    ExitOnForwardFailure yes",
        "    ServerAliveInterval 5",
        "    ServerAliveCountMax 3",
    ]
