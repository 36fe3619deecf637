"""Reads JSON from a file, from standard input, or from the argument itself.

It must be strict JSON. What Python accepts beyond it (NaN, lone surrogates) is rejected here, where
its position is known.
"""

import json

from aircher_cli.commands.inputs.file_input import display_name, read_bytes
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

OPENERS = ("{", "[")
"""An argument that starts like this is JSON, not a file; `./{...` names such a file."""

TYPE_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class JsonInput:
    """A JSON value with its source, as messages name it: a file or an option."""

    def __init__(self, source: str, value: object) -> None:
        self.source = source
        self.value = value

    def __repr__(self) -> str:
        return f"<JsonInput of {self.source}>"


def read_json(context: Context, word: str, option: str) -> JsonInput:
    """Return the JSON that `word` names or contains.

    Args:
        context: Has standard input.
        word: The name of a file, `-`, or JSON that starts with a bracket.
        option: The option, as the source of JSON on the command line.

    Raises:
        CommandFailed: it cannot be read, or is not JSON; with line and column.
    """
    if word.lstrip().startswith(OPENERS):
        return parse_json(word, option)
    source = display_name(word)
    data = read_bytes(context, word)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{source}:{line}: JSON must be UTF-8, and this is not") from None
    return parse_json(text, source)


def parse_json(text: str, source: str) -> JsonInput:
    """Parse JSON.

    Raises:
        CommandFailed: it is not JSON; with line and column.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"{source}:{error.lineno}:{error.colno}"
        raise CommandFailed(f"{where}: not JSON: {error.msg}") from None
    except UnicodeEncodeError:
        message = f"{source}: invalid \\u escape: a lone surrogate"
        raise CommandFailed(message) from None
    except ValueError as error:
        raise CommandFailed(f"{source}: not JSON: {error}") from None
    except RecursionError:
        raise CommandFailed(f"{source}: nested too deeply") from None
    return JsonInput(source, value)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def type_name(value: object) -> str:
    """Return the JSON type of a value with its article."""
    return TYPE_NAMES.get(type(value), "something else")
