"""Runs the commands that a page of the documentation shows, as a reader would type them.

In a ```console block a command is a line that begins with `$ `; the lines between two commands are
output, and are not compared. In a ```sh block every line is a command, so that a reader can copy
all of it. A backslash at the end of a line, an open quotation mark and a here-document continue a
command. Each must exit with 0, unless a comment after it has another code:
`$ aircher-cli config check # exit code 1`. What cannot be run says why; see `docs.blocks`.

The commands run in order, in one shell session: the directory and exported variables are kept. They
find `aircher-cli` and `aircherd` in PATH; the test starts the daemon and configures providers that
are simulated.
"""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from aircher_cli.exit_codes import INTERRUPTED
from helpers.daemon.real_daemon import Home
from helpers.docs.blocks import DOCS, ROOT, Block, blocks_of
from helpers.docs.terminal import CTRL_C, run_in_terminal

COMMAND_SECONDS = 200.0
"""For any command of a page: installing with pip takes a while on a busy machine."""

STOPPED = (INTERRUPTED, -signal.SIGINT)
"""Exit codes after Ctrl-C, of the command and of the shell that runs it."""

_HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
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
    for block in blocks_of(text):
        if block.language in {"console", "sh"} and not block.not_run:
            found += _commands(block, prompt="$ " if block.language == "console" else "")
    return found


def _commands(block: Block, prompt: str) -> Iterator[Shown]:
    """Yield the commands of a block, each with its first line."""
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if not line.startswith(prompt) or line.lstrip().startswith("#") or not line.strip():
            continue
        command = line.removeprefix(prompt)
        while at < len(lines) and not _is_complete(command):
            command = _continued(command, lines[at])
            at += 1
        code = _EXIT_CODE.search(command)
        yield Shown(block.line + start, command, int(code[1]) if code else 0)


def _is_complete(command: str) -> bool:
    """Tell whether the shell would run a command, or wait for another line of it."""
    if command.endswith("\\"):
        return False
    here = _HERE_DOCUMENT.search(command)
    if here and "\n" in command:
        return command.rpartition("\n")[2].strip() == here[2]
    try:
        shlex.split(command, comments=True)
    except ValueError:  # an open quotation mark
        return False
    return here is None


def _continued(command: str, line: str) -> str:
    return f"{command[:-1]}{line.strip()}" if command.endswith("\\") else f"{command}\n{line}"


def run_page(
    page: str,
    home: Home,
    *,
    inputs: Mapping[str, str] | None = None,
    keys: Mapping[str, str] | None = None,
    replace: Mapping[str, str] | None = None,
    sections: Collection[str] | None = None,
    installs: bool = False,
) -> list[Ran]:
    """Run the commands of a page in `docs`; fail at the first one with another exit code.

    Args:
        page: the name of the file, such as `configuration.md`, or `README.md`.
        home: the home to run in; its `environ` is that of the commands.
        inputs: the standard input of commands that ask something, by the start of their text.
            The others have none.
        keys: patterns of whole commands that run in a terminal, and the keys that end each. After
            Ctrl-C, an interrupted command counts as one that succeeded.
        replace: text in commands -> what is run instead, such as the address of a server that a
            reader would have.
        sections: the headings whose commands run; all of them by default.
        installs: the commands install aircher, so that it is not in PATH yet.
    """
    text = (ROOT / page if page == "README.md" else DOCS / page).read_text()
    commands = shown_commands(text)
    if sections is not None:
        headings = _headings(text)
        assert set(sections) <= set(headings.values()), f"{page} has {set(headings.values())}"
        commands = [shown for shown in commands if _section(shown, headings) in sections]
    assert commands, f"{page} shows no command"
    unused = [start for start in inputs or {} if not _starts(commands, start)]
    assert not unused, f"{page} shows no command that starts with {unused}"
    tools = home.root / "tools" if installs else make_tools(home)
    tools.mkdir(exist_ok=True)
    return [
        _run(
            page,
            shown,
            _substituted(shown.text, replace or {}),
            home,
            tools,
            typed=_by_start(shown, inputs or {}),
            keys=_keys(shown, keys or {}),
        )
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


def make_tools(home: Home) -> Path:
    """Make `aircher-cli` and `aircherd` commands; return their directory."""
    folder = home.root / "tools"
    folder.mkdir(exist_ok=True)
    for name, module in (("aircher-cli", "aircher_cli"), ("aircherd", "aircherd")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(home.python)} -m {module} "$@"\n')
        script.chmod(0o755)
    return folder


def _substituted(command: str, replace: Mapping[str, str]) -> str:
    for old, new in replace.items():
        command = command.replace(old, new)
    return command


def _by_start(shown: Shown, texts: Mapping[str, str]) -> str:
    return next((text for start, text in texts.items() if shown.text.startswith(start)), "")


def _keys(shown: Shown, patterns: Mapping[str, str]) -> str:
    command = shown.text.partition(" #")[0].strip()
    return next((keys for each, keys in patterns.items() if re.fullmatch(each, command)), "")


def _run(
    page: str, shown: Shown, command: str, home: Home, tools: Path, *, typed: str, keys: str
) -> Ran:
    state, folder = (shlex.quote(str(tools / name)) for name in ("variables", "folder"))
    line = ["bash", "-c", _WRAPPER.format(command=command, state=state, folder=folder)]
    environ = {**home.environ, "PATH": f"{tools}{os.pathsep}{home.environ['PATH']}"}
    if keys:
        code, out, err = *run_in_terminal(line, environ, keys), ""
        code = 0 if keys == CTRL_C and code in STOPPED else code
    else:
        done = subprocess.run(
            line,
            input=typed,
            env=environ,
            text=True,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        code, out, err = done.returncode, done.stdout, done.stderr
    assert code == shown.exit_code, (
        f"{page}:{shown.line}: {command}\nexit code {code}, not {shown.exit_code}\n"
        f"--- output\n{out}--- errors\n{err}"
    )
    return Ran(shown, out, err)
