"""A block that calls a tool of the client, and how its arguments arrive."""

from aircherd.errors import fail
from aircherd.providers.anthropic.blocks.block import Block, Out
from aircherd.providers.anthropic.blocks.extras import besides, seal
from aircherd.providers.anthropic.blocks.values import text_in, value_of
from aircherd.providers.anthropic.citations import Fields
from aircherd.providers.chat_completions.calls.arguments import Arguments, PieceMode
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ToolCallDelta


class CallBlock(Block):
    """A call of one of the client's tools."""

    __slots__ = ("_arguments", "_fields", "_whole", "number")

    def __init__(self, fields: Fields, number: int, mode: PieceMode) -> None:
        super().__init__()
        self._fields = fields
        self._arguments = Arguments(mode)
        self.number = number
        # Compatible servers may send the whole input at the start, without fragments.
        self._whole = _whole_input(fields)

    @property
    def call_id(self) -> str:
        """The vendor's id, "" without one."""
        return as_text(value_of(self._fields, "id"))

    @property
    def is_by_code(self) -> bool:
        """Whether code of the model makes the call; its results are given to the code."""
        caller = as_map(value_of(self._fields, "caller")).get("type")
        return caller not in (None, "direct")

    def begin(self, out: Out) -> None:
        """Add the call without its arguments."""
        extras = besides(self._fields, "id", "name", "input")
        if as_map(value_of(extras, "caller")).get("type") == "direct":
            del extras["caller"]  # the usual case: the model itself
        out.append(
            ToolCallDelta(
                index=self.number,
                call_id=self.call_id or new_call_id(),
                name=as_text(value_of(self._fields, "name")) or None,
                signature=seal(extras),
            )
        )

    def repeat(self, fields: Fields) -> None:
        """Take the start of a call that is known from the start of the message."""
        self._whole = _whole_input(fields) or self._whole

    def add(self, fragment: str, out: Out) -> None:
        """Take a piece of the arguments.

        Raises:
            ProviderFailed: PROTOCOL: it belongs to another call.
        """
        self._whole = ""
        if self._arguments.add(fragment):
            fail(FailureClass.PROTOCOL, "sent the arguments of two tool calls in one block")
        self._add_arguments(self._arguments.take_ready(), out)

    def stop(self, out: Out) -> None:
        """Add the arguments that were held back, or came whole."""
        self._add_arguments(self._whole or self._arguments.take_all(), out)
        self._whole = ""
        super().stop(out)
        self.late = []

    def _add_arguments(self, text: str, out: Out) -> None:
        if text:
            out.append(ToolCallDelta(index=self.number, arguments=text))


def _whole_input(fields: Fields) -> str:
    value = value_of(fields, "input")
    if isinstance(value, str):
        return value
    return "" if value is None or value in ({}, []) else text_in(fields["input"])
