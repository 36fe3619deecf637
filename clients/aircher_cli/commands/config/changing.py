"""Changes the configuration file through the daemon, and reports what changed."""

from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed
from aircher_cli.render.config.changes import change_lines
from aircher_cli.render.config.problems import problem_lines, warning_notes
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import paragraph
from aircher_cli.render.limits import unknown_name_notes
from aircher_cli.values import Map, as_map, records, text
from aircher_client import DaemonError
from aircher_client.proof import call_with_proof
from aircher_wire import codes, methods

KEY_REFUSED = "a key does not belong in the config: remove it here and store it"
"""The daemon's message about a key in the file."""

STORE_KEY = "a key does not belong in the config: store it"
IN_HISTORY = (
    "the key is in the shell's history now, and `ps` showed it: replace it if others use this "
    "machine"
)


def send_change(
    context: Context, entries: list[Map], unset: list[str], *, as_json: bool = False
) -> Map:
    """Set and remove entries; return the daemon's answer.

    Raises:
        CommandFailed: the configuration would be invalid; nothing changed.
        DaemonError: the file cannot be changed; or with `as_json` instead of CommandFailed.
    """
    params: Map = {"entries": entries, "unset": unset}
    with context.connect() as client:
        try:
            return as_map(call_with_proof(client, methods.CONFIG_SET, params))
        except DaemonError as error:
            if error.code != codes.CONFIG_INVALID or as_json:
                raise
            refused = error
    lines = refusal_lines(refused, context.environ.get("HOME", ""))
    raise CommandFailed(
        "\n".join(["nothing was changed:", *lines]), exit_code=FAILED, code=codes.CONFIG_INVALID
    )


def refusal_lines(error: DaemonError, home: str) -> list[str]:
    """Return why a change was refused; if it has a key, nothing else matters."""
    found = problem_lines(records(error.data.get("problems"))) or [error.message]
    if about_keys := [line for line in found if KEY_REFUSED in line]:
        found = [*(line.replace(KEY_REFUSED, STORE_KEY) for line in about_keys), IN_HISTORY]
    return [f"  {short_path(line, home)}" for line in found]


def report_change(context: Context, result: Map, *, as_json: bool) -> int:
    """Print what a change of the file did; return the exit code."""
    console = context.console
    not_in_force = text(result.get("not_in_force")).rstrip(".")
    if as_json:
        console.json(result)
        return FAILED if not_in_force else OK
    file = short_path(text(result.get("file")), context.environ.get("HOME", ""))
    if not result.get("changed"):
        head, style = f"nothing to change in {file}", ""
    elif not records(result.get("changes")):
        head, style = f"✓ saved {file}; what is in effect stays the same", "good"
    elif not_in_force:
        head = f"✗ {file} has the change, but it is not in force: {not_in_force}"
        style = "bad"
    else:
        head, style = f"✓ saved {file}", "good"
    for line in paragraph(head, console.width, hang="  ", style=style):
        console.styled(line)
    if result.get("changed"):
        for line in change_lines(result, console.width):
            console.styled(line)
    for entry in records(result.get("absent")):
        console.note(absent_note(entry))
    for note in [*unknown_name_notes(result), *warning_notes(result)]:
        console.note(note)
    return FAILED if not_in_force else OK


def absent_note(entry: Map) -> str:
    """Return the note about an entry that was to be removed and is not in the file."""
    meant = text(entry.get("meant"))
    hint = f"; did you mean {meant}?" if meant else ""
    return f"{text(entry.get('path'))} is not set in the file{hint}"
