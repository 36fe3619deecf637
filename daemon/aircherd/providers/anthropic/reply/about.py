"""What a message says about itself."""

import msgspec

from aircherd.providers.anthropic.blocks.values import decoded, is_blank, text_in
from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.reply import AboutDelta, Ending, PartEnd, ReplyEvent, TextDelta


class Facts:
    """What a message says about itself; the container is needed to go on with it.

    `container`, `stop_details`, `context_management`, `diagnostics` and `input_transformations`
    become other parts at the end. What is said later replaces what was said before.
    """

    NAMES = (
        "container",
        "context_management",
        "input_transformations",
        "diagnostics",
        "stop_details",
    )

    def __init__(self, held: Held) -> None:
        self._held = held
        self._known: dict[str, msgspec.Raw] = {}

    def note(self, source: msgspec.Struct) -> None:
        """Take the facts that a message, an event or its delta has."""
        for name in self.NAMES:
            raw = getattr(source, name, None)
            if raw and not is_blank(raw):
                self._held.add(memoryview(raw).nbytes)
                self._known[name] = msgspec.Raw(bytes(raw))

    def add_to(self, out: list[ReplyEvent], ending: Ending) -> None:
        """Add them to the events before the ending."""
        for name in self.NAMES:
            if raw := self._known.get(name):
                if name == "stop_details" and ending.finish == "refusal":
                    _explain_refusal(raw, out)
                out.append(AboutDelta(name, text_in(raw)))


def _explain_refusal(raw: msgspec.Raw, out: list[ReplyEvent]) -> None:
    if explanation := as_text(as_map(decoded(raw)).get("explanation")):
        # A part of its own: the model did not say it.
        out += [PartEnd(), TextDelta(explanation, refusal=True)]
