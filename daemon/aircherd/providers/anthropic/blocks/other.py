"""A block that has no word of ours: assembled from its deltas, and given out whole."""

import msgspec

from aircherd.providers.anthropic.blocks.block import BLOCK_COST, MAX_KIND, Block, Out
from aircherd.providers.anthropic.blocks.values import (
    decoded,
    fields_of,
    is_blank,
    is_blank_value,
    text_in,
    value_of,
    whole_characters,
)
from aircherd.providers.anthropic.citations import Fields
from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.reply import OtherDelta
from aircherd.vocabulary.text import TextBuffer


class OtherBlock(Block):
    """A block that has no word of ours."""

    __slots__ = ("_fields", "_held", "_input", "_whole", "kind")

    def __init__(self, raw: msgspec.Raw, fields: Fields, held: Held) -> None:
        super().__init__()
        held.add(BLOCK_COST + memoryview(raw).nbytes)
        self.kind = (as_text(value_of(fields, "type")) or "block")[:MAX_KIND]
        self._whole: str | None = text_in(raw)
        # Copied: a slice would keep the whole buffer alive.
        self._fields = {name: msgspec.Raw(bytes(each)) for name, each in fields.items()}
        self._input = TextBuffer()
        self._held = held

    def add(self, delta: msgspec.Raw) -> None:
        """Take a delta: it continues a text, or brings what there is not yet."""
        self._held.add(memoryview(delta).nbytes)
        fields = fields_of(delta) or {}
        kind = as_text(value_of(fields, "type"))
        if kind == "input_json_delta" and (piece := as_text(value_of(fields, "partial_json"))):
            self._input.add(piece)
            return
        said = {n: raw for n, raw in fields.items() if n != "type" and not is_blank(raw)}
        grown = {name: self._grown(name, raw, kind) for name, raw in said.items()}
        if None in grown.values():
            self._held.add(BLOCK_COST)
            self.late.append(OtherDelta(kind[:MAX_KIND] or "delta", text_in(delta)))
            return
        for name, value in grown.items():
            if value is not None:
                self._fields[name], self._whole = value, None

    def _grown(self, name: str, raw: msgspec.Raw, kind: str) -> msgspec.Raw | None:
        """Return a field after a delta, None if it is unknown how they go together."""
        before, more = value_of(self._fields, name), decoded(raw)
        # The SDK takes a summary as whole.
        if is_blank_value(before) or kind == "compaction_delta":
            return msgspec.Raw(bytes(raw))
        if not (isinstance(before, str) and isinstance(more, str)):
            return None
        # Each copy of what there is costs as much as what there is.
        self._held.add(len(before) // 16)
        return msgspec.Raw(msgspec.json.encode(whole_characters(before + more)))

    def stop(self, out: Out) -> None:
        """Add the block with all that its deltas brought."""
        text = str(self._input)
        is_cut = False
        if text:
            pieces = msgspec.Raw(text.encode("utf-8", "replace"))
            is_cut = fields_of(pieces) is None
            if not is_cut:
                self._fields["input"], self._whole = pieces, None
        whole = self._whole
        if whole is None:
            whole = msgspec.json.encode(self._fields).decode("utf-8", "replace")
        out.append(OtherDelta(self.kind, whole))
        if is_cut:
            # Half an input cannot go back, but it is not lost either.
            delta = {"type": "input_json_delta", "partial_json": whole_characters(text)}
            out.append(OtherDelta("input_json_delta", msgspec.json.encode(delta).decode()))
        super().stop(out)
