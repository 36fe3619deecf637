"""A block of text."""

import msgspec

from aircherd.providers.anthropic.blocks.block import BLOCK_COST, Block, Out
from aircherd.providers.anthropic.blocks.extras import besides, seal
from aircherd.providers.anthropic.blocks.values import is_blank, value_of
from aircherd.providers.anthropic.citations import Fields, read_citation
from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import as_text, branch
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import CitationDelta, PartEnd, TextDelta

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class TextBlock(Block):
    """A text with its sources, which follow it and end it."""

    __slots__ = ("_citations", "_extras", "_held", "_sources", "_text")

    def __init__(
        self,
        text: str,
        held: Held,
        *,
        sources: list[msgspec.Raw] | None = None,
        extras: str | None = None,
    ) -> None:
        super().__init__()
        self._text = text
        self._sources = sources
        self._extras = extras
        self._citations: list[Citation] = []
        self._held = held

    def is_apart_from(self, before: Block | None) -> bool:
        """Return whether the text before it is not what this one has sources for."""
        is_joined = isinstance(before, TextBlock) and not before.is_closed
        return is_joined and (self._sources is not None or self._extras is not None)

    def begin(self, out: Out) -> None:
        """Add its first text."""
        if self._text:
            out.append(TextDelta(self._text))
        for raw in self._sources or ():
            self.cite(raw)

    def cite(self, raw: msgspec.Raw) -> None:
        """Take a source of this text."""
        if not is_blank(raw):
            self._held.add(BLOCK_COST + memoryview(raw).nbytes)
            self._citations.append(read_citation(raw))

    def stop(self, out: Out) -> None:
        """Add its sources, and end its part if it has any."""
        self.is_closed = bool(self._citations or self._extras)
        if self._citations:
            out.append(TextDelta(""))  # begins the part, should there be no text
            out += [CitationDelta(each) for each in self._citations]
        if self._extras:
            out.append(TextDelta("", signature=self._extras))
        elif self._citations:
            out.append(PartEnd())
        super().stop(out)


def read_text_block(fields: Fields, held: Held) -> TextBlock:
    """Return a text that may have sources and fields besides its own."""
    sources = branch(_RAWS, fields.get("citations", msgspec.Raw()))
    known = ("text",) if sources is None else ("text", "citations")
    extras = seal(besides(fields, *known))
    return TextBlock(as_text(value_of(fields, "text")), held, sources=sources, extras=extras)
