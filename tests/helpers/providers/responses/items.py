"""Items of the Responses API, the events that send them, and what they become in a message."""

from aircherd.chat.replies.reply import Reply
from aircherd.providers.openai_responses.reply import ResponsesStream
from helpers.providers.provider_calls import run_decoder

Json = dict[str, object]

THOUGHT = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm"}]}
SIGNED = THOUGHT | {"encrypted_content": "gA", "status": "completed"}
ANSWER = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hello"}]}


def content_of(data: bytes) -> list[Json]:
    """Return the parts of the message that a stream becomes."""
    events, failure = run_decoder(ResponsesStream(), [data])
    assert failure is None, failure
    reply = Reply()
    reply.add(events)
    content = reply.message("up/m")["content"]
    assert isinstance(content, list)
    return content


def added(index: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text(index: int, piece: str) -> Json:
    return {"type": "response.output_text.delta", "output_index": index, "delta": piece}
