"""Parses the conversation of `ask --messages`: a list of messages as in docs/protocol.md.

Only the most likely mistakes are checked here. The daemon checks every part.
"""

from aircher_cli.commands.inputs.json_input import JsonInput, type_name
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map

ROLES = ("user", "assistant", "system")


def parse_messages(given: JsonInput) -> list[Map]:
    """Return the messages.

    Raises:
        CommandFailed: the value is not a list, or an entry is not a message.
    """
    entries = given.value
    if not isinstance(entries, list):
        raise CommandFailed(
            f"{given.source}: a conversation must be a list of messages, "
            f'[{{"role": "user", "content": "..."}}, ...], not {type_name(entries)}'
        )
    return [
        _message(entry, f"{given.source}: message {number}")
        for number, entry in enumerate(entries, start=1)
    ]


def _message(entry: object, place: str) -> Map:
    if not isinstance(entry, dict):
        raise CommandFailed(f"{place}: must be an object, not {type_name(entry)}")
    if entry.get("role") not in ROLES:
        raise CommandFailed(f"{place}: role must be one of {', '.join(ROLES)}")
    if not isinstance(entry.get("content"), str | list):
        raise CommandFailed(f"{place}: content must be a string or a list of parts")
    return entry
