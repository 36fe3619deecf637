"""Which chunks have no more than the usual fields."""

import msgspec
import pytest

from aircherd.providers.chat_completions.chunks import CHUNK, KNOWN_CHUNK


def chunk(delta: object = None, choice: object = None, **root: object) -> bytes:
    one = {"index": 0, "delta": delta or {}, "finish_reason": None, "logprobs": None}
    return msgspec.json.encode({"id": "x", "choices": [one | (choice or {})], **root})  # type: ignore[operator]


CALL = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}


@pytest.mark.parametrize(
    "usual",
    [
        chunk({"role": "assistant", "content": "", "refusal": None, "annotations": []}),
        chunk({"reasoning_content": "hm", "content": None}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "a"}]}),
        chunk({"tool_calls": [CALL]}, usage=None, system_fingerprint=None),
        chunk(choice={"matched_stop": 7, "stop_reason": "x", "finish_reason": "stop"}),
    ],
)
def test_usual_chunks(usual: bytes) -> None:
    """Both decoders read them."""
    assert KNOWN_CHUNK.decode(usual).choices
    assert CHUNK.decode(usual).choices


@pytest.mark.parametrize(
    "rare",
    [
        chunk({"content": [{"type": "text", "text": "a"}]}),
        chunk({"annotations": [{}]}),
        chunk({"audio": {"id": "x"}}),
        chunk({"thinking": "hm"}),
        chunk({"tool_calls": [CALL | {"extra_content": {}}]}),
        chunk({"tool_calls": [CALL | {"type": "custom"}]}),
        chunk(choice={"logprobs": {"content": []}}),
        chunk(choice={"index": 1}),
        chunk(citations=[]),
    ],
)
def test_rare_chunks(rare: bytes) -> None:
    """The strict decoder refuses whatever it does not know all of."""
    with pytest.raises(msgspec.ValidationError):
        KNOWN_CHUNK.decode(rare)
    assert CHUNK.decode(rare).choices
