"""What a new service does not have that the shell has: keys, programs, a session that stays.

Plain functions; `daemon install` prints their lines when it has changed something.
"""

from collections.abc import Mapping
from pathlib import Path
from shutil import which

from aircher_cli.render.formatting import join_names
from aircher_cli.values import Map, records, text, texts

LINGER = Path("/var/lib/systemd/linger")
"""Has a file for each user whose services run without a session."""


def unseen_keys(auth: Map, environ: Mapping[str, str]) -> list[str]:
    """Return the variables of this shell that would be keys, and that the daemon does not have.

    `auth` is the result of `auth.status`, whose rows name the variables that the daemon has.
    """
    seen = " ".join(
        " ".join([text(row.get("source")), *texts(row.get("shadowed"))])
        for row in records(auth.get("rows"))
    ).split()
    names = texts(auth.get("environment"))
    return [name for name in names if environ.get(name, "").strip() and name not in seen]


def unfound_programs(config: Map, path: str, service_path: str) -> dict[str, str]:
    """Return the programs of key commands that only this shell finds: name -> full path.

    `config` is the result of `config.show`; `path` and `service_path` are values of PATH.
    """
    found = {}
    for row in records(config.get("rows")):
        command = texts(row.get("value"))
        if not text(row.get("path")).endswith(".key_command") or not command:
            continue
        program = command[0]
        here = which(program, path=path)
        if "/" not in program and here and which(program, path=service_path) is None:
            found[program] = here
    return found


def key_advice(names: list[str]) -> list[str]:
    """Return what to do about keys that the service does not see."""
    if not names:
        return []
    return [
        (
            f"the service does not see {join_names(names)} of this shell: 'aircher-cli auth "
            "import' stores what it has"
        )
    ]


def program_advice(programs: Mapping[str, str], file: str) -> list[str]:
    """Return what to do about programs that the service does not find.

    `file` has the variables of the service, as it is shown.
    """
    return [
        f"the service does not find {program}, which a key_command runs: write {path} there, or "
        f"set PATH in {file}"
        for program, path in programs.items()
    ]


def linger_advice(environ: Mapping[str, str]) -> list[str]:
    """Return how to keep the service running without a session, if this is one over SSH."""
    user = environ.get("USER") or environ.get("LOGNAME") or ""
    if not environ.get("SSH_CONNECTION") or not user or (LINGER / user).exists():
        return []
    return [
        (
            "the service ends with your last session here, and starts with the next one: 'sudo "
            f"loginctl enable-linger {user}' keeps it running"
        )
    ]
