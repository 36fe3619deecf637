"""The usual shape is read in one pass, with the same result as by the reader of every shape."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions import reply
from aircherd.providers.chat_completions.plain import decode_plain_chunk, read_plain_reply
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta, Usage, UsageDelta
from helpers.providers.provider_calls import run_decoder, sse

USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 4,
    "total_tokens": 34,
    "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": None},
}
CHOICE = {
    "index": 0,
    "message": {"role": "assistant", "content": "hi", "refusal": None, "tool_calls": None},
    "logprobs": None,
    "finish_reason": "length",
}
REPLY = {"id": "x", "object": "chat.completion", "model": "m-1", "choices": [CHOICE]}
CHUNK = {
    "object": "chat.completion.chunk",
    "model": "m-1",
    "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}],
    "usage": None,
}


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def test_the_usual_reply_is_plain() -> None:
    """Text, counts and ending, the cached tokens no more than all."""
    usage = Usage(30, 4, 30)
    events = [TextDelta("hi"), UsageDelta(usage), Ending("length", usage, "m-1")]
    assert events == read_plain_reply(encoded(REPLY | {"usage": USAGE}))


def test_the_usual_chunk_is_plain() -> None:
    """Its text and the model."""
    chunk = decode_plain_chunk(encoded(CHUNK))
    assert (chunk.choices[0].delta.content, chunk.model) == ("hi", "m-1")


VALUES = st.sampled_from(
    [
        *(None, 0, 7, 36, -1, 2**53, 2**70, 1.0, 0.5, 1e300, True, False, "", "3", "stop", "error"),
        *([], {}, {"prompt_tokens": 7}, {"usage": {"prompt_tokens": 7}}, {"cached_tokens": 5}),
        *({"prompt_n": 3, "predicted_n": 4}, {"ephemeral_1h_input_tokens": 2}),
    ]
)
LEAVES = [
    "model",
    "error",
    "usage",
    "choices",
    "choices.0.index",
    "choices.0.finish_reason",
    "choices.0.native_finish_reason",
    "choices.0.error",
    "choices.0.usage",
    "x_groq",
    "x_groq.usage",
    "timings",
    "choices.0.delta",
    "choices.0.message",
    "choices.0.message.content",
    "choices.0.message.refusal",
    "choices.0.message.reasoning",
    "choices.0.message.reasoning_content",
    "choices.0.message.reasoning_details",
    "choices.0.message.tool_calls",
    "choices.0.message.function_call",
    "usage.cost",
    "usage.is_byok",
    "usage.cost_details",
    "usage.prompt_tokens",
    "usage.completion_tokens",
    "usage.prompt_tokens_details",
    "usage.prompt_tokens_details.cached_tokens",
    "usage.prompt_tokens_details.cache_write_tokens",
    "usage.completion_tokens_details",
    "usage.completion_tokens_details.reasoning_tokens",
    "usage.total_tokens",
    "usage.cached_tokens",
    "usage.cache_creation",
    "usage.cache_read_input_tokens",
    "usage.cache_creation_input_tokens",
    "usage.cost_in_usd_ticks",
    "usage.estimated_cost",
    "usage.input_tokens",
    "usage.input_tokens_details",
    "usage.output_tokens",
    "usage.output_tokens_details",
    "usage.prompt_cache_hit_tokens",
    "usage.prompt_tokens_details.cache_creation_input_tokens",
    "usage.prompt_tokens_details.cache_creation_token_details",
    "usage.prompt_tokens_details.cache_creation_tokens",
    "usage.reasoning_tokens",
]


def changed(value: object, path: list[str], new: object) -> object:
    """Return `value` with the leaf at `path` replaced, as far as the path leads."""
    if not path:
        return new
    if isinstance(value, list) and value:
        return [changed(value[0], path[1:], new), *value[1:]]
    if isinstance(value, dict):
        return value | {path[0]: changed(value.get(path[0]), path[1:], new)}
    return value


def _decline(data: bytes) -> object:
    raise ValueError(data)


def outcome(read: object, *args: object) -> object:
    try:
        return read(*args)  # type: ignore[operator]
    except ProviderFailed as error:
        return error.failure


@given(changes=st.lists(st.tuples(st.sampled_from(LEAVES), VALUES), max_size=3))
def test_a_plain_reply_is_read_as_any_other(changes: list[tuple[str, object]]) -> None:
    """Whatever a server puts where: both readers agree, or the fast one declines."""
    value: object = REPLY | {"usage": USAGE}
    for path, new in changes:
        value = changed(value, path.split("."), new)
    body = encoded(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reply, "read_plain_reply", lambda _: None)
        expected = outcome(reply.read_whole, body)
    assert expected == outcome(reply.read_whole, body)


@given(changes=st.lists(st.tuples(st.sampled_from(LEAVES), VALUES), max_size=3))
def test_a_plain_chunk_is_read_as_any_other(changes: list[tuple[str, object]]) -> None:
    """After a chunk of text, which makes the fast reader try."""
    value: object = CHUNK
    for path, new in changes:
        value = changed(value, path.replace("message", "delta").split("."), new)
    data = sse(CHUNK, value, CHUNK)

    def read() -> tuple[list[ReplyEvent], object]:
        return run_decoder(reply.OpenAIStream(new_id=lambda: "call_1"), [data])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reply, "decode_plain_chunk", _decline)
        expected = read()
    assert expected == read()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"choices":[]}',
        b"[" * 100_000,
        b'{"choices":[{"message":{"content":"\xff"},"finish_reason":"stop"}]}',
        encoded(REPLY | {"choices": [CHOICE, CHOICE]}),
        encoded(REPLY | {"usage": USAGE | {"cost": 0.1}}),
        encoded(REPLY | {"usage": USAGE | {"total_tokens": 35}}),
        encoded(REPLY | {"choices": [CHOICE | {"message": {"function_call": {"name": "f"}}}]}),
    ],
)
def test_any_other_shape_is_declined(body: bytes) -> None:
    """Malformed JSON, no choice or several, a cost."""
    assert read_plain_reply(body) is None
    with pytest.raises((ValueError, RecursionError)):
        decode_plain_chunk(body)


def test_a_chunk_with_the_models_own_reason_is_not_plain() -> None:
    """It may be the only one that ends the reply."""
    choice = {"delta": {"content": "a"}, "native_finish_reason": "stop"}
    with pytest.raises(ValueError, match="native_finish_reason"):
        decode_plain_chunk(encoded({"choices": [choice]}))
