"""The conversation of `ask --messages`: a list of messages as docs/protocol.md has them.

Only what a person gets wrong first is checked here. The daemon checks every part.
"""

from aircher_cli.commands.inputs.json_input import JsonInput, type_name
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map

ROLES = ("user", "assistant", "system")


def parse_messages(given: JsonInput) -> list[Map]:
    """Return the messages.

    Raises:
        CommandFailed: it is no list, or an entry is no message.
    """
    entries = given.value
    if not isinstance(entries, list):
        raise CommandFailed(
            f"{given.place}: a conversation has to be a list of messages, "
            f'[{{"role": "user", "content": "..."}}, ...], and this is {type_name(entries)}'
        )
    return [
        _message(entry, f"{given.place}: message {number}")
        for number, entry in enumerate(entries, start=1)
    ]


def _message(entry: object, place: str) -> Map:
    if not isinstance(entry, dict):
        raise CommandFailed(f"{place}: it has to be an object, and is {type_name(entry)}")
    if entry.get("role") not in ROLES:
        raise CommandFailed(f"{place}: its role has to be one of {', '.join(ROLES)}")
    if not isinstance(entry.get("content"), str | list):
        raise CommandFailed(f"{place}: its content has to be a string or a list of parts")
    return entry
