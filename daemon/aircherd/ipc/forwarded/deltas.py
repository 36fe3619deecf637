"""The deltas of a chat from another machine: what failed, with nothing of this one."""

from collections.abc import Sequence

from msgspec.structs import replace

from aircherd.api.elsewhere.hidden_texts import HiddenTexts
from aircherd.chat.caller import Delta
from aircherd.ipc.deltas import DeltaWriter
from aircherd.vocabulary.reply import AttemptDelta


class ForwardedDeltas(DeltaWriter):
    """Hides what is in the messages of attempts; the reply itself stays as it is."""

    def __init__(self, name: str, number: int, *, signs: bool = False, hidden: HiddenTexts) -> None:
        super().__init__(name, number, signs=signs)
        self._hidden = hidden

    def encode(self, deltas: Sequence[Delta]) -> bytes:
        """Return the `chat.delta` notifications for `deltas`."""
        return super().encode([self._without_words(delta) for delta in deltas])

    def _without_words(self, delta: Delta) -> Delta:
        if type(delta) is not AttemptDelta or delta.message is None:
            return delta
        return replace(delta, message=self._hidden.text(delta.message))
