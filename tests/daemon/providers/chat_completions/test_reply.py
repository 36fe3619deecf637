"""Chat completions replies of OpenAI and compatible servers."""

import itertools
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions.reasoning_details import DetailsThinking
from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.thinking import (
    FieldThinking,
    ThinkingReader,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from helpers.providers.chat_chunks import COUNTED, DONE, USAGE, chunk, decode, piece, whole
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder, sse

TEXT_REPLY = (
    chunk("", usage=None),
    chunk("Grüße"),
    chunk(" 🦀"),
    chunk(finish="stop"),
    {"model": "m-1", "choices": [], "usage": USAGE},
    DONE,
)
TEXT_EVENTS = [
    TextDelta("Grüße"),
    TextDelta(" 🦀"),
    UsageDelta(COUNTED),
    Ending("stop", COUNTED, "m-1"),
]


def test_text_reply() -> None:
    """Text, usage and the end come in order; empty texts make no event."""
    assert decode(*TEXT_REPLY) == (TEXT_EVENTS, None)


TOOL_REPLY = (
    chunk("Look:"),
    chunk(calls=[piece("", index=0, id="a", name="f")]),
    chunk(calls=[piece('{"x"', index=0)]),
    chunk(calls=[piece("{}", index=1, id="b", name="g"), piece(":1}", index=0)]),
    chunk(finish="tool_calls"),
    DONE,
)
TOOL_EVENTS = [
    TextDelta("Look:"),
    ToolCallDelta(0, "a", "f", '{"x"'),
    ToolCallDelta(0, arguments=":1}"),
    ToolCallDelta(1, "b", "g", "{}"),
    Ending("tool_calls", None, "m-1"),
]


THINKING_REPLY = (
    {"choices": [{"delta": {"role": "assistant", "content": None, "reasoning": ""}}]},
    {"model": "m-1", "choices": [{"delta": {"reasoning": "Hm, "}}]},
    {"choices": [{"delta": {"content": "", "reasoning": "grün"}}]},
    chunk("a"),
    {"choices": [{"delta": {"reasoning_content": "And"}}]},
    chunk(calls=[piece("{}", index=0, id="a", name="f")]),
    chunk(finish="tool_calls"),
    DONE,
)
THINKING_EVENTS = [
    ReasoningDelta("Hm, "),
    ReasoningDelta("grün"),
    ReasoningDelta(signature="reasoning"),
    TextDelta("a"),
    ReasoningDelta("And"),
    ToolCallDelta(0, "a", "f", "{}"),
    Ending("tool_calls", None, "m-1"),
]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (TEXT_REPLY, TEXT_EVENTS),
        (TOOL_REPLY, TOOL_EVENTS),
        (THINKING_REPLY, THINKING_EVENTS),
    ],
)
def test_cut_anywhere(data: tuple[object, ...], events: list[ReplyEvent]) -> None:
    """A stream cut in two at any byte, even inside a character, gives the same events."""
    for pieces in cut_in_two(sse(*data)):
        assert (events, None) == run_decoder(OpenAIStream(), pieces)


@given(st.lists(st.integers(1, 60), min_size=1))
def test_cut_at_random(sizes: list[int]) -> None:
    """A stream cut into any pieces gives the same events."""
    data, pieces = sse(*TEXT_REPLY).replace(b"\n", b"\r\n"), []
    for size in itertools.cycle(sizes):
        pieces.append(data[:size])
        data = data[size:]
        if not data:
            break
    assert run_decoder(OpenAIStream(), pieces) == (TEXT_EVENTS, None)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("eos", "stop"),
        ([], "stop"),
    ],
)
def test_finishes(reason: object, finish: Finish) -> None:
    """Each finish reason is mapped; see `codec.finish` for the table."""
    events, failure = decode(chunk("a"), chunk(finish=reason), DONE)
    assert ([TextDelta("a"), Ending(finish, None, "m-1")], None) == (events, failure)


def test_refusal_ends_as_refused() -> None:
    """A refusal becomes text, and the reply ends as refused."""
    refused = {"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}
    assert ([TextDelta("No.", refusal=True), Ending("refusal")], None) == decode(refused, DONE)


def test_end_without_done() -> None:
    """A finish reason and the end of the body are enough."""
    assert ([TextDelta("a"), Ending("stop", None, "m-1")], None) == decode(
        chunk("a", finish="stop")
    )


def test_done_without_reason() -> None:
    """`[DONE]` is enough for servers that send no reason."""
    assert ([TextDelta("a"), Ending("stop", None, "m-1")], None) == decode(chunk("a"), DONE)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ([chunk("a")], FailureClass.TRUNCATED),
        ([chunk("a"), b'{"choices":[{'], FailureClass.PROTOCOL),
        ([DONE], FailureClass.PROTOCOL),
        ([], FailureClass.PROTOCOL),
        ([{"choices": "no"}], FailureClass.PROTOCOL),
        ([{"choices": [1]}], FailureClass.PROTOCOL),
        ([{"choices": [{"delta": [1]}]}], FailureClass.PROTOCOL),
        ([b"[1]"], FailureClass.PROTOCOL),
        ([b"null"], FailureClass.TRUNCATED),
        ([b"\xff\xfe"], FailureClass.PROTOCOL),
        ([b"[" * 100_000], FailureClass.PROTOCOL),
        ([chunk("a"), {"error": {"message": "x", "code": 429}}], FailureClass.RATE),
        ([{"error": {"message": "x", "code": "server_is_overloaded"}}], FailureClass.OVERLOADED),
        ([{"error": {"message": "x", "code": 502}, "choices": []}], FailureClass.SERVER),
        ([{"error": "boom"}], FailureClass.SERVER),
        ([chunk("a", finish="error")], FailureClass.SERVER),
        ([{"choices": [{"error": {"code": 503, "message": "x"}}]}], FailureClass.OVERLOADED),
        # not nested under `error`: Mistral, older vLLM
        ([{"object": "error", "message": "x", "code": 429}], FailureClass.RATE),
        ([{"choices": None, "error_message": "maximum context length"}], FailureClass.CONTEXT),
        ([{"status": "439", "msg": "Your token has expired."}], FailureClass.AUTH),
        (
            [{"choices": None, "base_resp": {"status_code": 1008, "status_msg": "x"}}],
            FailureClass.QUOTA,
        ),
        ([{"error": "text", "code": "insufficient_quota"}], FailureClass.QUOTA),
        ([{"message": "x", "type": "invalid_request_error"}], FailureClass.REFUSED),
        # LM Studio, without an end mark
        (
            [chunk("a"), b'{"error":{"message":"crashed"}}\nevent: error'],
            FailureClass.SERVER,
        ),
        ([chunk("a"), b'{"message":"crashed"}\nevent: error'], FailureClass.SERVER),
    ],
)
def test_failures(data: list[object], kind: FailureClass) -> None:
    """A truncated stream, a reported error and another API are distinct failures."""
    _, failure = decode(*data)
    assert failure is not None
    assert kind is failure.kind


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": None, "usage": None, "model": None},
        {"choices": [{"index": None, "delta": None, "finish_reason": None}]},
        {"choices": [{"delta": {"content": 5, "tool_calls": None, "role": 3}}]},
        {"choices": [{"delta": {"content": []}}], "model": 5, "id": []},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]},
        {"usage": {}},
        {"object": "chat.completion.chunk", "message": None},
        {},
    ],
)
def test_malformed_chunks_are_ignored(odd: dict[str, object]) -> None:
    """Nulls, missing fields and unexpected types neither crash nor disturb the rest."""
    events, failure = decode(odd, chunk("a"), chunk(finish="stop"), DONE)
    assert ([TextDelta("a"), Ending("stop", None, "m-1")], None) == (events, failure)


def test_text_in_parts() -> None:
    """Text that comes as a list of parts is read."""
    parts = [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": []}]
    assert TextDelta("a") == decode(chunk(parts), DONE)[0][0]


def test_whole_reply() -> None:
    """A whole reply gives the same events as a stream."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    expected = [
        ReasoningDelta("hm"),
        ReasoningDelta(signature="reasoning"),
        TextDelta("Hi"),
        ToolCallDelta(0, "a", "f", "{}"),
        UsageDelta(COUNTED),
        Ending("tool_calls", COUNTED, "m-1"),
    ]
    assert expected == read_whole(whole(content="Hi", reasoning="hm", tool_calls=[call]))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", FailureClass.PROTOCOL),
        (b"not json", FailureClass.PROTOCOL),
        (b'{"choices":[]}', FailureClass.PROTOCOL),
        (b'{"object":"error","message":"x","code":503}', FailureClass.OVERLOADED),
        (b'{"error":{"message":"x","type":"insufficient_quota"}}', FailureClass.QUOTA),
        (
            b'{"choices":[{"error":{"code":502,"message":"x"},"finish_reason":"error"}]}',
            FailureClass.SERVER,
        ),
    ],
)
def test_whole_failures(body: bytes, kind: FailureClass) -> None:
    """An error with status 200, or any other body, is a failure."""
    assert kind is failure_of(lambda: read_whole(body)).kind


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
_DETAIL = ["type", "text", "index", "id", "signature", "data"]
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "choices": _ODD
        | st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "index": _ODD,
                    "finish_reason": _ODD,
                    "delta": _ODD
                    | st.fixed_dictionaries(
                        {},
                        optional={
                            "content": _ODD,
                            "refusal": _ODD,
                            "reasoning": _ODD,
                            "reasoning_content": _ODD,
                            "reasoning_details": _ODD
                            | st.lists(st.dictionaries(st.sampled_from(_DETAIL), _ODD)),
                            "tool_calls": _ODD
                            | st.lists(
                                st.fixed_dictionaries(
                                    {},
                                    optional={
                                        "index": _ODD,
                                        "id": _ODD,
                                        "function": _ODD
                                        | st.fixed_dictionaries(
                                            {}, optional={"name": _ODD, "arguments": _ODD}
                                        ),
                                    },
                                )
                            ),
                        },
                    ),
                },
            ),
            max_size=2,
        ),
        "usage": _ODD | st.dictionaries(st.sampled_from(sorted(USAGE)), _ODD),
        "model": _ODD,
        "error": _ODD,
    },
)


@given(st.lists(_FIELDS, max_size=3), st.sampled_from([FieldThinking, DetailsThinking]))
def test_no_chunk_crashes(data: list[dict[str, object]], thinking: type[ThinkingReader]) -> None:
    """Whatever types a server sends, the reply ends normally or as a ProviderFailed."""
    events, failure = run_decoder(OpenAIStream(thinking=thinking()), [sse(*data, DONE)])
    assert (failure is None) == (bool(events) and isinstance(events[-1], Ending))


# ------------------------------------------------------------------ nothing is lost


_NAMES = st.sampled_from(
    [
        *("content", "refusal", "reasoning", "reasoning_content", "reasoning_details", "audio"),
        *("thinking_blocks", "tool_calls", "images", "annotations", "citations", "search_results"),
        *("executed_tools", "thinking", "made_up", "output", "text"),
    ]
)
_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details", "thinking_blocks")
_KINDS = st.sampled_from(
    ["text", "thinking", "refusal", "reference", "image_url", "url_citation", "file", "made_up"]
)


def marked(marks: "itertools.count[int]") -> st.SearchStrategy[object]:
    """Return strategies of values in which each text is a mark of its own."""
    mark = st.builds(lambda: f"mark{next(marks)};")
    fields = st.sampled_from(["text", "url", "refusal", "thinking", "data", "x"])
    part = st.builds(
        lambda kind, inner: {"type": kind, **inner},
        _KINDS,
        st.dictionaries(fields, mark, min_size=1, max_size=2),
    )
    return mark | part | st.lists(mark | part, min_size=1, max_size=2)


def marks_in(value: object) -> set[str]:
    return set(re.findall(r"mark\d+;", msgspec.json.encode(value).decode()))


@given(st.data(), st.booleans())
def test_every_part_of_a_reply_is_kept(data: st.DataObject, is_stream: bool) -> None:
    """Whatever a server sends where: each text in it is in some event, or the reply fails."""
    marks = itertools.count(1)
    values = marked(marks)
    message = data.draw(st.dictionaries(_NAMES, values, min_size=1, max_size=3))
    # Servers send the same thinking in several fields.
    for thought in [name for name in message if name in _THOUGHTS][1:]:
        del message[thought]
    choice = data.draw(st.dictionaries(st.sampled_from(["logprobs", "new", "text"]), values))
    root = data.draw(
        st.dictionaries(st.sampled_from(["citations", "search_info", "web_search"]), values)
    )
    # One word at the root is an id.
    root = {name: value for name, value in root.items() if not isinstance(value, str)}
    name = "delta" if is_stream else "message"
    sent = {"choices": [{name: message, **choice, "finish_reason": "stop"}], **root}
    if is_stream:
        events, failure = decode(chunk("a"), sent, DONE)
    else:
        try:
            events, failure = read_whole(msgspec.json.encode(sent)), None
        except ProviderFailed as error:
            events, failure = [], error.failure
    if failure is None:
        missing = marks_in(sent) - marks_in(events)
        assert not missing, (sent, events)
