"""Tool calls while they are received.

A call is passed on as soon as its id and name are known. Arguments are text, of which a part may
have come in pieces. Pieces that could belong to several calls are held back: the whole call, or the
end of the reply, shows whose they are.
"""

import json
from collections.abc import Callable, Iterable

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.output.item import Item
from aircherd.providers.openai_responses.output.texts import StreamedParts
from aircherd.providers.openai_responses.schema import CALLS, CUSTOM_CALL, OutputItem, text_of
from aircherd.providers.openai_responses.signature import sign_call
from aircherd.vocabulary.reply import OtherDelta, ReplyEvent, ToolCallDelta
from aircherd.vocabulary.text import TextBuffer

_KEY = ("arguments", 0)
_JSON = json.JSONDecoder()

Events = list[ReplyEvent]


class Calls:
    """The calls of one reply. `new_id` makes up an id for a server that sent none."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.count = 0
        self._new_id = new_id
        self._unplaced: dict[int, TextBuffer] = {}
        self._held: list[str] = []

    def open(self, item: Item, sent: OutputItem, out: Events) -> None:
        """Process the start of a call. What it holds of the arguments may still be replaced."""
        _learn(item, sent)
        self._pass_on(item, out)

    def add_piece(self, item: Item, text: str, out: Events, *, is_certain: bool) -> None:
        """Process a piece of the arguments, which may belong to another call if not certain."""
        if not is_certain:
            self._unplaced.setdefault(item.number, TextBuffer()).add(text)
            return
        if text.startswith("{") and (so_far := str(item.texts)) and text.startswith(so_far):
            text = text[len(so_far) :]  # of a server that sends all of it each time
        item.texts.for_piece(_KEY).add(text)
        if item.call is not None:
            item.passed_on += len(text)
            out.append(ToolCallDelta(index=item.call, arguments=text))
        else:
            self._pass_on(item, out)

    def hold(self, text: str) -> None:
        """Process whole arguments that may be those of several calls."""
        self._held.append(text)

    def add_whole(self, item: Item, text: str, out: Events) -> None:
        """Process the whole arguments."""
        if text and not item.passed_on:
            item.texts = StreamedParts()  # its pieces may be those of several calls
        if rest := item.texts.rest_of(text):
            item.texts.for_piece(_KEY).add(rest)
        if text:
            self._unplaced.pop(item.number, None)
        self._pass_on(item, out)

    def close(self, item: Item, sent: OutputItem, out: Events) -> None:
        """Process a whole call."""
        _learn(item, sent)
        self.add_whole(item, sent.call_arguments, out)
        self.finish(item, out)

    def finish(self, item: Item, out: Events) -> None:
        """Pass on all that is known of a call; of one without a name, the item as it came."""
        if not item.name and item.call is None:
            if item.whole is not None and not item.is_passed_on:
                item.is_passed_on = True
                out.append(OtherDelta(item.kind, text_of(item.whole.raw)))
            return
        if not item.call_id:
            item.call_id = item.ids[0] if item.ids else self._new_id()
        self._pass_on(item, out)
        signature = sign_call(item.whole) if item.whole is not None else None
        if signature and not item.is_signed and item.call is not None:
            item.is_signed = True
            out.append(ToolCallDelta(item.call, signature=signature))

    def unfinished(self, opened: Iterable[Item]) -> list[Item]:
        """Return the calls that were never sent whole, with what is known of their arguments."""
        calls = [item for item in opened if item.kind in CALLS]
        lacking = [item for item in calls if not str(item.texts)]
        for item in lacking:
            if item.whole is not None and (text := item.whole.call_arguments):
                item.texts.for_piece(_KEY).add(text)
        lacking = [item for item in lacking if not str(item.texts)]
        for item, text in self._placed(lacking):
            item.texts.for_piece(_KEY).add(text)
        return calls

    def _placed(self, calls: list[Item]) -> list[tuple[Item, str]]:
        """Return which call gets which of the pieces that could belong to several."""
        values = self._held or _split("".join(str(text) for text in self._unplaced.values()))
        if len(values) == len(calls):
            return list(zip(calls, values, strict=True))
        texts = ((item, str(self._unplaced.get(item.number, ""))) for item in calls)
        return [(item, text) for item, text in texts if text]

    def _pass_on(self, item: Item, out: Events) -> None:
        if not (item.name and item.call_id):
            return
        text = str(item.texts)[item.passed_on :]
        item.passed_on += len(text)
        if item.call is None:
            item.call, self.count = self.count, self.count + 1
            is_custom = item.kind == CUSTOM_CALL
            out.append(ToolCallDelta(item.call, item.call_id, item.name, text, custom=is_custom))
        elif text:
            out.append(ToolCallDelta(index=item.call, arguments=text))


def _learn(item: Item, sent: OutputItem) -> None:
    item.name = item.name or as_text(sent.name)
    item.call_id = item.call_id or as_text(sent.call_id)


def _split(text: str) -> list[str]:
    """Return the JSON values that follow each other in a text, [] if there is anything else."""
    values: list[str] = []
    start = 0
    while start < len(text):
        try:
            _, end = _JSON.raw_decode(text, start)
        except (ValueError, RecursionError):
            return []
        values.append(text[start:end])
        start = end
    return values
