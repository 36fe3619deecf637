"""A block of thinking."""

from aircherd.providers.anthropic.blocks.block import Block, Out
from aircherd.providers.anthropic.blocks.extras import besides, others_of
from aircherd.providers.anthropic.blocks.values import value_of
from aircherd.providers.anthropic.citations import Fields
from aircherd.providers.anthropic.thinking import redacted_reasoning
from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.reply import ReasoningDelta


class ThinkingBlock(Block):
    """Thinking; its signature closes it."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        super().__init__()
        is_redacted = value_of(fields, "type") == "redacted_thinking"
        known = ("data",) if is_redacted else ("thinking", "signature")
        self._fields = {name: raw for name, raw in fields.items() if name in known}
        self.late += others_of(besides(fields, *known))

    def is_apart_from(self, before: Block | None) -> bool:
        """Return whether it follows thinking without a signature."""
        return isinstance(before, ThinkingBlock) and not before.is_closed

    def begin(self, out: Out) -> None:
        """Add all of it if it is redacted, else what there is."""
        if data := as_text(value_of(self._fields, "data")):
            self.is_closed = True
            out.append(redacted_reasoning(data))
            return
        text = as_text(value_of(self._fields, "thinking"))
        signature = as_text(value_of(self._fields, "signature")) or None
        self.is_closed = signature is not None
        if text or signature:
            out.append(ReasoningDelta(text, signature))
