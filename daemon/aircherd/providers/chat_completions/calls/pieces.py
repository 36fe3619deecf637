"""The pieces of tool calls, as servers send them, and what is usable of them."""

import msgspec

from aircherd.providers.chat_completions.calls.argument_text import arguments_text
from aircherd.providers.chat_completions.parts.fields import Fields
from aircherd.providers.codec.json_in import as_text


class Function(msgspec.Struct, gc=False):
    """The called function; its arguments are text, or the object itself from some servers."""

    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()
    parameters: msgspec.Raw = msgspec.Raw()  # what some call the arguments


class CustomCall(msgspec.Struct, gc=False):
    """The called custom tool."""

    name: object = None
    input: object = None


class CallPiece(msgspec.Struct, gc=False):
    """A piece of a tool call, or a whole one; some servers leave out the level of `function`.

    `extras` are the fields that it has besides; they are not decoded with it.
    """

    index: object = None
    id: object = None
    type: object = None
    function: Function | None = None
    custom: CustomCall | None = None
    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()
    parameters: msgspec.Raw = msgspec.Raw()
    extras: Fields | None = msgspec.field(name="(extras)", default=None)


class Piece:
    """A piece as far as it is usable: "" and None mean that the server left it out."""

    __slots__ = ("arguments", "extras", "id", "index", "is_custom", "name")

    def __init__(self, piece: CallPiece) -> None:
        function = piece.function or piece
        self.index = _number(piece.index)
        self.id = str(piece.id) if type(piece.id) is int else as_text(piece.id)
        self.extras = piece.extras
        custom = piece.custom
        self.is_custom = custom is not None and _is_meant(custom, piece.function)
        if custom is not None and self.is_custom:
            self.name = as_text(custom.name).strip()
            self.arguments = as_text(custom.input)
            return
        name = function.name
        self.name = name.strip() if type(name) is str else ""
        self.arguments = arguments_text(function.arguments or function.parameters)

    @property
    def is_empty(self) -> bool:
        """Whether the piece says nothing."""
        return not (self.id or self.name or self.arguments or self.extras)


def _is_meant(custom: CustomCall, function: Function | None) -> bool:
    """Return whether a piece is of a custom tool: Snowflake sends empty fields too."""
    return function is None or bool(as_text(custom.name) or as_text(custom.input))


def _number(value: object) -> int | None:
    """Return the number of a call, also from a float or a text; None if it is none."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None
