"""Encodes the deltas of a chat: on the hot path, one call per read.

The common case, text, is written by hand; everything else goes through msgspec.
"""

from collections.abc import Iterator, Sequence

from aircher_wire import frames, methods
from aircherd.api.wire import to_wire
from aircherd.chat.caller import Delta
from aircherd.vocabulary.reply import (
    Ending,
    InItem,
    PartEnd,
    ReasoningDelta,
    TextDelta,
    WholeMessage,
)


class DeltaWriter:
    """Numbers the deltas of one chat, and encodes those of one read into one buffer.

    Each delta has `{name: number}`: `id` with the request's msgid, or `stream` with its number.
    With `signs`, it has its signature, too, which else only the result has.
    """

    def __init__(self, name: str, number: int, *, signs: bool = False) -> None:
        self.signs = signs
        self._name = name
        self._number = number
        self._seq = 0

    def next_seq(self) -> int:
        """Return the number of the next delta."""
        self._seq += 1
        return self._seq

    def encode(self, deltas: Sequence[Delta]) -> bytes:
        """Return the `chat.delta` notifications for `deltas`; the result reports the ending."""
        return frames.encode_notifications(methods.CHAT_DELTA, self._params(deltas))

    def encode_text(self, seq: int, text: str) -> bytes:
        """Return one notification with `text` and a number from `next_seq`."""
        params = {self._name: self._number, "seq": seq, "type": "text", "text": text}
        return frames.encode_notification(methods.CHAT_DELTA, params)

    def _params(self, deltas: Sequence[Delta]) -> Iterator[dict[str, object]]:
        name, number = self._name, self._number
        for delta in deltas:
            if _is_empty(delta) and not (self.signs and getattr(delta, "signature", None)):
                continue
            seq = self._seq = self._seq + 1
            if type(delta) is TextDelta and not delta.refusal and not self.signs:
                yield {name: number, "seq": seq, "type": "text", "text": delta.text}
            else:
                params = {name: number, "seq": seq, **to_wire(delta)}
                if not self.signs:
                    params.pop("signature", None)
                yield params


def _is_empty(delta: Delta) -> bool:
    """Return whether there is nothing to send: endings, signatures and order are in the result."""
    if type(delta) is TextDelta or type(delta) is ReasoningDelta:
        return not delta.text
    return type(delta) in (Ending, PartEnd, InItem, WholeMessage)
