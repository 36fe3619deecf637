"""Runs the commands that a page of the documentation shows, as a reader would type them.

A command is a line that begins with `$ ` in a ```console block; a backslash at its end continues it
in the next line. The lines between two commands are output, and are not compared. Each command must
exit with 0, unless a comment after it has another code: `$ aircher-cli config check # exit code 1`.

The commands run in order, in one shell session: the directory and exported variables are kept. They
find `aircher-cli` and `aircherd` in PATH; the test starts the daemon and configures providers that
are simulated.
"""

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from shlex import quote

import msgspec

from helpers.daemon.real_daemon import Home

COMMAND_SECONDS = 200.0
"""For any command of a page: installing with pip takes a while on a busy machine."""

DOCS = Path(__file__).parents[2] / "docs"

_BLOCK = re.compile(r"^( *)```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_EXIT_CODE = re.compile(r"#.*\bexit code (\d+)")

# Runs one command and keeps what the next one may need, whatever its exit code is.
_WRAPPER = """\
[ -e {state} ] && . {state}
cd "$(cat {folder} 2>/dev/null || echo ~)"
{command}
code=$?
export -p > {state}
pwd > {folder}
exit $code
"""


class Shown(msgspec.Struct, frozen=True):
    """A command of a page: its line, its text, and the exit code that the page promises."""

    line: int
    text: str
    exit_code: int = 0


class Ran(msgspec.Struct, frozen=True):
    """A command that ran, and its output."""

    shown: Shown
    out: str
    err: str


def shown_commands(text: str) -> list[Shown]:
    """Return the commands of a page's text in their order."""
    found: list[Shown] = []
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(2)) + 1
        lines = [line.removeprefix(block[1]) for line in block[2].splitlines()]
        for number, line in enumerate(lines):
            if not line.startswith("$ "):
                continue
            command = line[2:]
            while command.endswith("\\") and number + 1 < len(lines):
                number += 1  # noqa: PLW2901 - the loop skips continuations: they have no `$ `
                command = f"{command[:-1]}{lines[number].strip()}"
            code = _EXIT_CODE.search(command)
            start = first + lines.index(line)
            found.append(Shown(start, command, int(code[1]) if code else 0))
    return found


def run_page(
    page: str,
    home: Home,
    *,
    inputs: Mapping[str, str] | None = None,
    replace: Mapping[str, str] | None = None,
    sections: Collection[str] | None = None,
    installs: bool = False,
) -> list[Ran]:
    """Run the commands of a page in `docs`; fail at the first one with another exit code.

    Args:
        page: the name of the file, such as `configuration.md`.
        home: the home to run in; its `environ` is that of the commands.
        inputs: the standard input of commands that ask something, by the start of their text.
            The others have none.
        replace: text in commands -> what is run instead, such as the address of a server that a
            reader would have.
        sections: the headings whose commands run; all of them by default.
        installs: the commands install aircher, so that it is not in PATH yet.
    """
    text = (DOCS / page).read_text()
    commands = shown_commands(text)
    if sections is not None:
        headings = _headings(text)
        assert set(sections) <= set(headings.values()), f"{page} has {set(headings.values())}"
        commands = [shown for shown in commands if _section(shown, headings) in sections]
    assert commands, f"{page} shows no command"
    unused = [start for start in inputs or {} if not _starts(commands, start)]
    assert not unused, f"{page} shows no command that starts with {unused}"
    tools = home.root / "tools" if installs else _make_tools(home)
    tools.mkdir(exist_ok=True)
    return [
        _run(shown, _substituted(shown.text, replace or {}), home, tools, inputs or {}, page=page)
        for shown in commands
    ]


def _headings(text: str) -> dict[int, str]:
    """Return the line of each heading and its text."""
    lines = enumerate(text.splitlines(), 1)
    return {at: line.lstrip("# ") for at, line in lines if re.match("#+ [A-Z]", line)}


def _section(shown: Shown, headings: Mapping[int, str]) -> str:
    return headings[max(at for at in headings if at < shown.line)]


def _starts(commands: list[Shown], start: str) -> bool:
    return any(shown.text.startswith(start) for shown in commands)


def _make_tools(home: Home) -> Path:
    """Make `aircher-cli` and `aircherd` commands; return their directory."""
    folder = home.root / "tools"
    folder.mkdir(exist_ok=True)
    for name, module in (("aircher-cli", "aircher_cli"), ("aircherd", "aircherd")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {quote(home.python)} -m {module} "$@"\n')
        script.chmod(0o755)
    return folder


def _substituted(command: str, replace: Mapping[str, str]) -> str:
    for old, new in replace.items():
        command = command.replace(old, new)
    return command


def _run(
    shown: Shown, command: str, home: Home, tools: Path, inputs: Mapping[str, str], *, page: str
) -> Ran:
    state, folder = (quote(str(tools / name)) for name in ("variables", "folder"))
    typed = next((text for start, text in inputs.items() if shown.text.startswith(start)), "")
    done = subprocess.run(
        ["bash", "-c", _WRAPPER.format(command=command, state=state, folder=folder)],
        input=typed,
        env={**home.environ, "PATH": f"{tools}{os.pathsep}{home.environ['PATH']}"},
        text=True,
        capture_output=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == shown.exit_code, (
        f"{page}:{shown.line}: {command}\nexit code {done.returncode}, not {shown.exit_code}\n"
        f"--- output\n{done.stdout}--- errors\n{done.stderr}"
    )
    return Ran(shown, done.stdout, done.stderr)
