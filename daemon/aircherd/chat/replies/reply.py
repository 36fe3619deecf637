"""Collects the events of a stream into the message of the final result."""

from collections.abc import Sequence

from aircherd.chat.replies.items import Items
from aircherd.chat.replies.parts import (
    CallSoFar,
    Media,
    Other,
    PartSoFar,
    TextSoFar,
    Whole,
    Wire,
    is_text,
)
from aircherd.errors import fail
from aircherd.memory.budget import SMALL
from aircherd.memory.request_memory import RequestMemory
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    CitationDelta,
    Ending,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
    WholeMessage,
)

MAX_CHARACTERS = 7_000_000
"""The maximum of text, reasoning and arguments in a reply, which must fit into one frame."""
PART_COST = 1000
"""Characters that each part counts for: empty tool calls take memory too."""
_BYTES_PER_CHARACTER = 4
"""At most, in UTF-8. Base64 is ASCII, so it counts a quarter."""


class Reply:
    """A reply being received. `add` is on the hot path: it appends, and joins only at the end."""

    _counted = 0
    """What was counted of it, in bytes."""
    _count_at = SMALL
    """Characters from which it is counted again."""

    def __init__(self, memory: RequestMemory | None = None) -> None:
        """`memory` counts what the reply takes, None for one to which nothing is added."""
        self.ending: Ending | None = None
        self._usage: Usage | None = None
        # In order of appearance; of the current item, where the vendor numbers its items.
        self._parts: list[PartSoFar] = []
        self._items: Items | None = None
        self._calls: dict[int, CallSoFar] = {}
        self._open: TextSoFar | None = None
        # Those of text, reasoning and arguments so far, and `PART_COST` for each part.
        self._characters = 0
        self._memory = memory
        self.has_output = False
        """Whether there is output that a program may act on; after it nothing is retried.

        Reasoning does not count, nor what a hosted tool does: another provider may still answer
        after it.
        """
        self._has_others = False

    answered_by: str | None = None
    """What answered at another daemon, `provider/model`."""
    was_sent = False
    """Whether any of it was sent to a client that cannot drop it when another provider answers."""

    @property
    def is_final(self) -> bool:
        """Whether nothing is tried again after it."""
        return self.has_output or self.was_sent

    @property
    def has_begun(self) -> bool:
        """Whether there is anything that a user sees, including reasoning."""
        return self._characters > 0  # each part counts for some

    @property
    def is_empty(self) -> bool:
        """Whether the reply is complete and answers nothing, although nothing stopped it."""
        ending = self.ending
        is_over = ending is not None and ending.finish in ("stop", "tool_calls")
        return is_over and not (self.has_output or self._has_others)

    @property
    def usage(self) -> Usage | None:
        """The latest token counts, None if there are none yet."""
        return (self.ending.usage if self.ending else None) or self._usage

    def add(self, events: Sequence[ReplyEvent]) -> None:
        """Add the events of one read.

        Raises:
            ProviderFailed: the reply is too long, or its end leaves a tool call unfinished.
            Busy: it takes more than the client's share of memory.
        """
        for event in events:
            if type(event) is TextDelta:
                if event.text:
                    self.has_output = True
                self._add_text("text", event)
                if event.refusal:
                    self._note_refusal()
            elif type(event) is UsageDelta:
                self._usage = event.usage
            elif type(event) is Ending:
                if self._calls:
                    self._check_calls(event)
                self.ending = event
            elif type(event) is ReasoningDelta:
                self._add_text("reasoning", event)
            elif type(event) is ToolCallDelta:
                self._add_call(event)
            else:
                self._add_rare(event)
        if self._characters > self._count_at:
            self._count()

    def _count(self) -> None:
        """Check the length, and count what the reply takes by now."""
        characters = self._characters
        if characters > MAX_CHARACTERS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CHARACTERS} characters")
        if self._memory is not None:
            size = sum(part.size_in_memory() for part in self._all_parts())
            self._memory.grow(size - self._counted)
            self._counted = size
        self._count_at = min(characters + max(characters // 8, SMALL), MAX_CHARACTERS)

    def forget_size(self) -> None:
        """Give back what was counted: the reply is dropped."""
        if self._memory is not None:
            self._memory.shrink(self._counted)
            self._counted = 0

    def _add_text(self, kind: str, event: TextDelta | ReasoningDelta) -> None:
        part = self._open
        if part is None or part.kind != kind:
            part = self._open = TextSoFar(kind)
            self._parts.append(part)
            self._characters += PART_COST
        part.text.add(event.text)
        self._characters += len(event.text)
        if event.signature is not None:
            part.signature = event.signature
            self._characters += len(event.signature)
            self._open = None

    def _add_call(self, event: ToolCallDelta) -> None:
        self.has_output = True
        self._open = None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = CallSoFar()
            self._add_part(call)
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.signature = event.signature or call.signature
        call.custom = call.custom or event.custom
        call.arguments.add(event.arguments)
        texts = (event.arguments, event.signature, event.call_id, event.name)
        self._characters += sum(len(each) for each in texts if each)

    def _add_part(self, part: PartSoFar) -> None:
        self._open = None
        self._parts.append(part)
        self._characters += PART_COST

    # -------------------------------------------------------------- what most replies do not have

    def _add_rare(self, event: ReplyEvent) -> None:
        if isinstance(event, CitationDelta):
            self._add_citation(event.citation)
        elif isinstance(event, ImageDelta | AudioDelta):
            self.has_output = True
            self._add_part(Media(event))
            self._characters += len(event.data or "") // _BYTES_PER_CHARACTER
        elif isinstance(event, OtherDelta):
            self._has_others = self._has_others or not isinstance(event, AboutDelta)
            self._add_part(Other(event))
            self._characters += len(event.data)
        elif isinstance(event, PartEnd):
            self._open = None
        elif isinstance(event, InItem):
            self._enter(event)
        elif isinstance(event, WholeMessage):
            self._replace_parts(event)

    def _enter(self, event: InItem) -> None:
        """Begin an item, or continue it."""
        items = self._items = self._items or Items(self._parts)
        self._parts, self._open = items.enter(event, self._open)

    def _replace_parts(self, event: WholeMessage) -> None:
        """Take the whole message of another daemon, and what answered there."""
        self.answered_by = event.answered_by
        self._items, self._open = None, None
        self._parts = [Whole(part) for part in event.content]
        self._count_at = 0  # it is counted as it is now

    def _note_refusal(self) -> None:
        part = self._parts[-1]
        assert isinstance(part, TextSoFar)
        part.extras().refusal = True

    def _add_citation(self, citation: Citation) -> None:
        part = self._open
        if part is None or part.kind != "text":
            part = next((each for each in reversed(self._parts) if is_text(each)), None)
        if part is None:
            part = self._open = TextSoFar("text")
            self._add_part(part)
        part.extras().citations.append(citation)
        texts = (citation.url, citation.title, citation.quote, citation.data)
        self._characters += PART_COST + sum(len(each) for each in texts if each)

    def _check_calls(self, ending: Ending) -> None:
        # What a limit or filter stopped may end within a call: its finish says so.
        if ending.finish in ("stop", "tool_calls"):
            self._usage = ending.usage or self._usage
            for call in self._calls.values():
                call.check()

    def text(self) -> str:
        """Return all text so far, without reasoning."""
        return "".join(str(part.text) for part in self._all_parts() if is_text(part))

    def partial_message(self, origin: str) -> Wire | None:
        """Return the message of a reply that broke off, None if all of it is text or calls.

        Tool calls are left out: half a call must never be run.
        """
        parts = self._all_parts()
        if not any(isinstance(part, Media | Other) or _has_sources(part) for part in parts):
            return None
        kept = [part.to_wire(origin) for part in parts if not isinstance(part, CallSoFar)]
        return {"role": "assistant", "content": kept}

    def message(self, origin: str) -> Wire:
        """Return `{role, content: [part, ...]}`; `origin` is `provider/model`."""
        return {
            "role": "assistant",
            "content": [part.to_wire(origin) for part in self._all_parts()],
        }

    def _all_parts(self) -> list[PartSoFar]:
        return self._parts if self._items is None else self._items.parts()


def _has_sources(part: PartSoFar) -> bool:
    return isinstance(part, TextSoFar) and part.has_sources
