"""JSON that a command line names: a file, standard input, or the text itself.

What is sent on has to be JSON to the letter, so what Python takes beyond it (NaN, half a surrogate
pair) is refused here, where the place can be told.
"""

import json

from aircher_cli.commands.inputs.file_input import display_name, read_bytes
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

OPENERS = ("{", "[")
"""A word that begins like this is JSON and no file; `./{...` names such a file."""

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
    """A JSON value, and what messages call the place where it stands."""

    def __init__(self, place: str, value: object) -> None:
        self.place = place
        self.value = value

    def __repr__(self) -> str:
        return f"<JsonInput of {self.place}>"


def read_json(context: Context, word: str, option: str) -> JsonInput:
    """Return the JSON that `word` names or is.

    Args:
        context: Where standard input is.
        word: A file's name, `-`, or JSON that begins with a bracket.
        option: The option it was given to, which names JSON on the command line.

    Raises:
        CommandFailed: it cannot be read, or is no JSON; with line and column.
    """
    if word.lstrip().startswith(OPENERS):
        return parse_json(word, option)
    place = display_name(word)
    data = read_bytes(context, word)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{place}:{line}: not UTF-8, which JSON has to be") from None
    return parse_json(text, place)


def parse_json(text: str, place: str) -> JsonInput:
    """Return what `text` says.

    Raises:
        CommandFailed: it is no JSON; with line and column.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"{place}:{error.lineno}:{error.colno}"
        raise CommandFailed(f"{where}: not JSON: {error.msg}") from None
    except UnicodeEncodeError:
        message = f"{place}: a \\u escape in it is half of a character (a lone surrogate)"
        raise CommandFailed(message) from None
    except ValueError as error:
        raise CommandFailed(f"{place}: not JSON: {error}") from None
    except RecursionError:
        raise CommandFailed(f"{place}: nested too deeply") from None
    return JsonInput(place, value)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number there")


def type_name(value: object) -> str:
    """Return what a JSON value is, in words."""
    return TYPE_NAMES.get(type(value), "something else")
