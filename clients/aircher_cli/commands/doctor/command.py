"""`aircher-cli doctor`: checks everything that may be wrong, and says what to do."""

import argparse
import os
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from aircher_cli.commands.doctor import daemon, directories, service, versions
from aircher_cli.commands.doctor.finding import PROBLEM, Finding
from aircher_cli.commands.doctor.runner import Check, run_checks
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.doctor import finding_lines, summary_line
from aircher_cli.values import Map, as_map, text
from aircher_wire.directories import OPEN_TO_OTHERS, WRITABLE_BY_OTHERS
from aircher_wire.version import __version__

SERVICE_SECONDS = 5.0
DAEMON_SECONDS = 35.0
LOCAL_SECONDS = 5.0

EXAMPLES = """
aircher-cli doctor
aircher-cli doctor --json | jq '.findings[] | select(.status == "problem")'
"""

DESCRIPTION = """\
Check directories, configuration, keys, providers, the daemon and its service, and say what to do
about each problem. It starts no daemon and changes nothing; providers are called without a key. The
exit code is 1 if there is a problem, 0 if there are only warnings."""


def build_parser() -> Parser:
    """Return the parser of `doctor`."""
    parser = make_parser("doctor", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print all findings; return 1 if one is a problem."""
    found = diagnose(context)
    if options.json:
        context.console.json({"findings": [each.to_json() for each in found]})
    else:
        width = context.console.width
        lines = finding_lines(found, width, context.environ.get("HOME", ""))
        for line in [*lines, *summary_line(found, width)]:
            context.console.styled(line)
    return FAILED if any(each.status == PROBLEM for each in found) else OK


def diagnose(context: Context) -> list[Finding]:
    """Return all findings. What the daemon says decides which paths the others look at."""
    environ, on_wait = context.environ, partial(_note_wait, context.console)
    units: list[service.Units] = []
    answers: list[daemon.Answer] = []

    def read_units() -> list[Finding]:
        units.append(service.read_units(environ))
        return []

    def ask_daemon() -> list[Finding]:
        would_start = bool(units) and units[0].listens and not units[0].pid
        answers.append(daemon.ask_daemon(environ, may_connect=not would_start))
        return answers[0].findings

    failed = run_checks({"service": read_units}, SERVICE_SECONDS, on_wait)
    found = run_checks({"daemon": ask_daemon}, DAEMON_SECONDS, on_wait)
    answer = answers[0] if answers else daemon.Answer([], {})
    checks = _local_checks(context, answer.facts)
    if answer.is_elsewhere:
        checks.pop("config", None)  # neither that nor a service of this machine is in use
    local = run_checks(checks, LOCAL_SECONDS, on_wait)
    if units and not answer.is_elsewhere:
        can_install = service.has_systemd()
        failed += service.service_findings(units[0], has_systemd=can_install, daemon_pid=answer.pid)
    return [*found, *failed, *local]


def _note_wait(console: Console, waiting: list[str]) -> None:
    if console.err_is_terminal:
        console.note(f"checking: {', '.join(waiting)} ...")


def _local_checks(context: Context, facts: Map) -> dict[str, Check]:
    """Return the checks that need no daemon, of the paths that the daemon uses if it runs."""
    environ, uid, home = context.environ, os.getuid(), context.environ.get("HOME", "")
    paths = directories.own_directories(environ)
    paths.update(
        {name: text(at) for name, at in as_map(facts.get("paths")).items() if name in paths}
    )
    data = Path(paths["data"])
    secrets = [
        (str(data / "credentials.json"), OPEN_TO_OTHERS),
        (str(data / "keys.json"), WRITABLE_BY_OTHERS),
        (f"{paths['home']}/environment", OPEN_TO_OTHERS),
    ]
    checks: dict[str, Check] = {
        "directories": lambda: directories.directory_findings(paths, uid, home),
        "files with keys": lambda: directories.secret_findings(
            secrets[:2] if facts else secrets, uid, home
        ),
        "disk": lambda: directories.disk_findings(paths["data"], _mounts()),
    }
    config, keys = f"{paths['home']}/config.toml", str(data / "keys.json")
    checks["earlier aircher"] = lambda: directories.old_file_findings(environ, config, keys)
    if not facts:
        checks["config"] = lambda: directories.syntax_findings(config)
        return checks
    now = time.localtime()
    checks["versions"] = lambda: versions.version_findings(facts, __version__, _own_package())
    checks["time zone"] = lambda: versions.time_zone_findings(
        facts, now.tm_gmtoff, now.tm_zone, environ
    )
    return checks


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _own_package() -> str:
    spec = find_spec("aircherd")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return folders[0] if folders else ""
