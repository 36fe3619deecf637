"""`aircher-cli config edit`: edits a copy of the configuration, and checks it before it is used."""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aircher_cli.commands.config.changing import report_change
from aircher_cli.commands.config.editor import editor_command, run_editor, wait_hint
from aircher_cli.commands.config.schema import SCHEMA_FILE, SCHEMA_LINE, write_schema
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, may_be_key
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.render.formatting import count, short_path
from aircher_cli.values import Map, as_map, records, text
from aircher_client import ClientError, DaemonError
from aircher_client.proof import call_with_proof
from aircher_wire import methods
from aircher_wire.fingerprints import content_hash

if TYPE_CHECKING:
    from re import Match

EXAMPLES = """
aircher-cli config edit
VISUAL="code --wait" aircher-cli config edit
"""

DESCRIPTION = """\
Edit the configuration file with $VISUAL or $EDITOR. You edit a private copy. It is checked when
the editor exits; problems are listed with their lines, and you can go on editing. A valid file is
saved and in effect at once. If the file changed meanwhile, nothing is overwritten."""

TEMPLATE = f"""\
{SCHEMA_LINE}
# The configuration of aircher. Every entry is optional: see `man aircher-config`.
# A key never goes into this file: store it with `aircher-cli auth login PROVIDER`.

# The model that is used without -m: an alias from below, or provider/model.
# default_model = "sonnet"

# A model alias: its routes are tried in order.
# [models.sonnet]
# routes = ["anthropic/claude-sonnet-5", "openrouter/anthropic/claude-sonnet-5"]

# A server of your own.
# [providers.local]
# kind = "openai"
# base_url = "http://127.0.0.1:8000/v1"
# auth = "none"

# A budget.
# [[limits]]
# provider = "anthropic"
# usd = 5.00
# per = "day"
"""


def build_parser() -> Parser:
    """Return the parser of `config edit`."""
    parser = make_parser("config edit", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Edit until the text is valid and saved, unchanged, or given up; return the exit code.

    Raises:
        CommandFailed: the editor failed, or the text is invalid and there is no terminal to ask at.
        DaemonError: the file cannot be written. The text is kept, as for all failures.
    """
    command = editor_command(context.environ)
    with context.connect() as client:
        file = Path(text(client.call(methods.CONFIG_SHOW).get("file")))
        schema = text(client.call(methods.CONFIG_SCHEMA).get("schema"))
    return Editing(context, file, schema, command, as_json=options.json).run()


class Editing:
    """One file that is being edited, as a copy in a private directory."""

    def __init__(
        self, context: Context, file: Path, schema: str, command: list[str], *, as_json: bool
    ) -> None:
        self._context = context
        self._file = file
        self._schema = schema
        self._command = command
        self._as_json = as_json
        self._home = context.environ.get("HOME", "")
        self._before, self._base = self._read()

    def run(self) -> int:
        """Edit, and remove the copy unless it is needed; return the exit code."""
        folder = Path(tempfile.mkdtemp(prefix="aircher-"))  # mode 0700
        copy = folder / self._file.name
        copy.touch(mode=0o600)
        copy.write_bytes((self._before or TEMPLATE).encode())
        # Where the first line of the copy points to.
        (folder / SCHEMA_FILE).write_text(self._schema, encoding="utf-8")
        try:
            code = self._edit(copy)
        except (CommandFailed, ClientError, OSError, KeyboardInterrupt):
            if self._is_changed(copy):
                self._context.console.note(f"your text is kept in {copy}")
            else:
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)
        return code

    def _edit(self, copy: Path) -> int:
        while True:
            run_editor(self._command, str(copy), self._context.environ)
            if not self._is_changed(copy):
                return self._report_unchanged()
            changed = self._valid_text(copy)
            if changed is None:
                question = "go on editing"
            else:
                result = self._save(changed)
                if result is not None:
                    return self._report_saved(changed, result)
                question = "edit your text again"
            if not self._may_go_on(question):
                self._context.console.note("nothing was changed")
                return FAILED

    # -------------------------------------------------------------- steps

    def _read(self) -> tuple[str, str]:
        """Return the file's text and hash; both are empty if there is no file.

        Raises:
            CommandFailed: it cannot be read.
        """
        if not self._file.exists() and not self._file.is_symlink():
            return "", ""
        if not self._file.is_file():
            raise CommandFailed(f"cannot edit {self._file}: it is not a regular file")
        try:
            data = self._file.read_bytes()
        except OSError as error:
            raise CommandFailed(f"cannot read {self._file}: {error.strerror}") from None
        return _decode(data, str(self._file)), content_hash(data)

    def _is_changed(self, copy: Path) -> bool:
        """Tell whether the copy is another text; one that the editor removed is not."""
        try:
            return copy.is_file() and copy.read_bytes() != (self._before or TEMPLATE).encode()
        except OSError:
            return False

    def _valid_text(self, copy: Path) -> str | None:
        """Return the text of the copy; None if it is invalid, after listing its problems."""
        try:
            changed = _decode(copy.read_bytes(), self._file.name)
        except CommandFailed as error:
            self._context.console.note(error.message)
            return None
        if not changed.strip():
            # What an editor that failed leaves; `config unset` removes settings on purpose.
            self._context.console.note(f"{self._file.name} is empty; nothing is saved yet")
            return None
        problems = self._problems(changed)
        if problems:
            self._show_problems(problems)
        return None if problems else changed

    def _problems(self, changed: str) -> list[Map]:
        with self._context.connect() as client:
            params: Map = {"text": changed, "file": str(self._file)}
            result = client.call(methods.CONFIG_CHECK, params)
        return records(result.get("problems"))

    def _show_problems(self, problems: list[Map]) -> None:
        for line in problem_lines([{**each, "file": self._file.name} for each in problems]):
            self._context.console.note(line)
        self._context.console.note(f"{count(len(problems), 'problem')}; nothing is saved yet")

    def _save(self, changed: str) -> Map | None:
        """Save the text; return None if the file changed meanwhile.

        Raises:
            DaemonError: it cannot be written.
        """
        try:
            with self._context.connect() as client:
                params: Map = {"text": changed, "base": self._base}
                return as_map(call_with_proof(client, methods.CONFIG_WRITE, params))
        except DaemonError as error:
            if error.data.get("reason") != "changed":
                raise
        theirs, self._base = self._read()
        self._show_difference(theirs)
        return None

    def _show_difference(self, theirs: str) -> None:
        """Show what another program changed since the copy was made."""
        from difflib import unified_diff  # noqa: PLC0415 -- rarely needed

        name = short_path(str(self._file), self._home)
        note = self._context.console.note
        note(f"{name} was changed by another program meanwhile; saving yours would undo this:")
        lines = unified_diff(self._before.splitlines(), theirs.splitlines(), lineterm="", n=1)
        for line in list(lines)[2:]:
            note(f"  {_without_keys(line)}")

    def _may_go_on(self, question: str) -> bool:
        """Ask whether to edit again.

        Raises:
            CommandFailed: there is no terminal, or it was closed.
        """
        console, stdin = self._context.console, self._context.stdin
        if stdin is None or self._context.has_input() or not console.err_is_terminal:
            raise CommandFailed("the text was not saved")
        while True:
            console.note(f"(e) {question}, (d) discard your text? [e] ")
            answer = stdin.readline()
            if answer.strip().lower() in {"", "e", "edit"} and answer:
                return True
            if answer.strip().lower() in {"d", "discard"}:
                return False
            if not answer:  # the terminal was closed
                raise CommandFailed("the text was not saved")

    # -------------------------------------------------------------- reports

    def _report_unchanged(self) -> int:
        name = short_path(str(self._file), self._home)
        message = f"{name} is unchanged" if self._base else f"unchanged: {name} was not created"
        if hint := wait_hint(self._command):
            self._context.console.note(hint)
        if self._as_json:
            record: Map = {"file": str(self._file), "changed": False, "changes": []}
            self._context.console.json(record)
        else:
            self._context.console.line(message)
        return OK

    def _report_saved(self, changed: str, result: Map) -> int:
        if changed.startswith(f"{SCHEMA_LINE}\n"):
            try:
                write_schema(str(self._file.parent / SCHEMA_FILE), self._schema)
            except OSError as error:
                reason = f"{SCHEMA_FILE} cannot be written: {error.strerror}"
                self._context.console.note(f"{reason}; editors cannot complete the file")
        return report_change(self._context, result, as_json=self._as_json)


def _without_keys(line: str) -> str:
    """Return a line of a file that may have been refused because of a key in it."""
    from re import sub  # noqa: PLC0415 -- rarely needed

    def hide(word: "Match[str]") -> str:
        return "(hidden)" if may_be_key(word[0]) else word[0]

    return sub(r"[^\s\"'=,\[\]{}]+", hide, line)


def _decode(data: bytes, name: str) -> str:
    """Return a text with its line ends as they are.

    Raises:
        CommandFailed: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{name}:{line}: TOML must be UTF-8, and this is not") from None
