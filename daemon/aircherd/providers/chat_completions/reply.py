"""Read chat completions replies, streamed or whole."""

from collections.abc import Callable

from aircherd.errors import fail
from aircherd.providers.chat_completions.plain import decode_plain_chunk, read_plain_reply
from aircherd.providers.chat_completions.reasoning_details import AnyThinking
from aircherd.providers.chat_completions.reply_state import ReplyState
from aircherd.providers.chat_completions.thinking import ThinkingReader
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    ReplyEvent,
    TextDelta,
)


class OpenAIStream(VendorStream):
    """Decodes one streamed reply; `thinking` reads the model's thinking from it."""

    def __init__(
        self, new_id: Callable[[], str] = new_call_id, thinking: ThinkingReader | None = None
    ) -> None:
        super().__init__()
        self._reply = ReplyState(new_id, thinking or AnyThinking())

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        reply = self._reply
        if reply.expects_text:
            try:
                chunk = decode_plain_chunk(data)
            except (ValueError, RecursionError):
                reply.expects_text = False
            else:
                if text := chunk.choices[0].delta.content:
                    reply.model = chunk.model or reply.model
                    out.append(TextDelta(text))
                    return
                reply.expects_text = False
        if data.startswith(b"{") or (data and data.strip() != b"[DONE]"):
            reply.read(data, "a chunk", out)
            self.progress_count = reply.progress_count
        elif data:
            if not reply.has_choice:
                fail(FailureClass.PROTOCOL, "ended its reply before it began")
            reply.end_parts(out)
            self._finish(reply.ending(), out)

    def _finish(self, ending: Ending, out: list[ReplyEvent]) -> None:
        self._reply.close(out)
        super()._finish(ending, out)

    def _take_end_mark(self, out: list[ReplyEvent]) -> None:
        self._take(b"[DONE]", out)

    def _end(self) -> Ending | None:
        # Some servers never send [DONE]; a finish reason proves that the reply is complete.
        return self._reply.ending() if self._reply.finish is not None else None


def read_whole(body: bytes, thinking: ThinkingReader | None = None) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    if (plain := read_plain_reply(body)) is not None:
        return plain
    out: list[ReplyEvent] = []
    reply = ReplyState(new_call_id, thinking or AnyThinking())
    reply.read(body, "a reply", out)
    if not reply.has_choice:
        fail(FailureClass.PROTOCOL, "sent a reply without choices: check base_url and kind")
    if reply.finish is None and reply.has_only_deltas:
        fail(FailureClass.TRUNCATED, "the reply broke off before its end")
    reply.end_parts(out)
    reply.close(out)
    return [*out, reply.ending()]
