import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.dialects.openai_chat.body import ChatBody
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.http_api.chat_dialect import WEATHER, call_of, read


def test_a_question() -> None:
    """A small request is read into our words, and kept as it came."""
    call = call_of(stream=True, max_tokens=300, temperature=0.2, top_p=0.9, stop="END")
    found = DIALECT.read_chat(call)
    assert found.chat == ChatRequest(
        messages=[Message("user", "Why is the sky blue?")],
        model="sonnet",
        max_tokens=300,
        temperature=0.2,
        top_p=0.9,
        stop=["END"],
        stream=True,
    )
    assert found.verbatim == VerbatimRequest(dialect="openai_chat", body=call.body)


def test_streams_are_asked_for() -> None:
    """Without a word about it the answer comes in one piece."""
    assert (read().chat.stream, read(stream=False).chat.stream) == (False, False)


def test_nulls_are_what_is_not_set() -> None:
    """Clients send null for each field that they do not set."""
    names = ("stop", "tools", "tool_choice", "response_format", "reasoning", "n", "max_tokens")
    assert read(**dict.fromkeys(names)).chat == read().chat


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_tokens": 300}, 300),
        ({"max_completion_tokens": 300}, 300),
        ({"max_tokens": 300, "max_completion_tokens": 500}, 500),
        ({"max_tokens": -1}, None),
    ],
)
def test_trap_26_both_names_of_the_limit(fields: dict[str, object], expected: int | None) -> None:
    """copilot-api#258: `max_tokens` reached a model that knows only the other name.

    It is read from both, so that each adapter writes the one that its server knows.
    """
    assert read(**fields).chat.max_tokens == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning_effort": "high"}, "high"),
        ({"reasoning_effort": "default"}, None),
        ({"reasoning": {"effort": "low"}}, "low"),
        ({"reasoning": {"enabled": False}}, "none"),
        ({"reasoning": {"enabled": True, "max_tokens": 2000}}, None),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, None),
        ({"enable_thinking": False}, "none"),
        ({"enable_thinking": True}, None),
    ],
)
def test_how_much_to_think(fields: dict[str, object], expected: str | None) -> None:
    """Vendors have four fields for it; what names no measure leaves it to the model."""
    found = read(**fields)
    assert (found.chat.reasoning, found.verbatim.unsaid) == (expected, None)


def test_an_effort_that_is_not_known() -> None:
    """A new measure is for providers of this API."""
    assert read(reasoning_effort="ultra").verbatim.unsaid == "reasoning_effort 'ultra'"


def test_the_usual_sampling_is_not_asked_for() -> None:
    """1 is what all vendors do, and newer models refuse even that."""
    chat = read(temperature=1, top_p=1.0).chat
    assert (chat.temperature, chat.top_p) == (None, None)
    assert read(temperature=0).chat.temperature == 0


def test_empty_stop_texts_are_left_out() -> None:
    """An empty text stops nothing."""
    assert read(stop=["", "END"]).chat.stop == ["END"]
    assert read(stop="").chat.stop == []


@pytest.mark.parametrize(
    ("wanted", "expected", "unsaid"),
    [
        (["text"], None, None),
        (["image", "text"], ["image", "text"], None),
        (["smell"], None, "modalities"),
    ],
)
def test_forms_of_the_answer(
    wanted: list[str], expected: list[str] | None, unsaid: str | None
) -> None:
    """Text is what all models answer with."""
    found = read(modalities=wanted)
    assert (found.chat.modalities, found.verbatim.unsaid) == (expected, unsaid)


def test_conversations_stay_with_their_model() -> None:
    """The key of the prompt's cache names the conversation, of any length; a user is none."""
    assert read(prompt_cache_key="session-7").chat.conversation == "session-7"
    assert read(session_id="session-8").chat.conversation == "session-8"
    assert len(read(prompt_cache_key="x" * 5000).chat.conversation or "") == 64
    assert len(read(prompt_cache_key="a\nb\x1b[0m").chat.conversation or "") == 64
    assert read(user="ann", safety_identifier="ann").chat.conversation is None


def test_opencode_names_its_conversation_in_a_header() -> None:
    """The body's own name comes first."""
    headers = {"x-session-affinity": "ses_1"}
    for fields, expected in (({}, "ses_1"), ({"prompt_cache_key": "key"}, "key")):
        call = msgspec.structs.replace(call_of(**fields), headers=headers)
        assert DIALECT.read_chat(call).chat.conversation == expected


def test_headers_with_a_meaning_pass() -> None:
    """Headers for vendors pass; those of an organization belong to the key, which is ours."""
    call = ApiCall(
        method="POST",
        path="/v1/chat/completions",
        raw_query="api-version=3",
        headers={
            "openai-beta": "x=v2",
            "openai-organization": "org-1",
            "user-agent": "OpenAI/Python",
            "x-grok-conv-id": "7",
        },
        body=call_of().body,
    )
    verbatim = DIALECT.read_chat(call).verbatim
    assert verbatim.headers == (("openai-beta", "x=v2"), ("x-grok-conv-id", "7"))
    assert verbatim.query == "api-version=3"


def test_many_unsaid_fields_are_counted() -> None:
    """A message stays readable, whatever a client sends."""
    unsaid = read(**{f"field_{number}": number for number in range(8)}).verbatim.unsaid
    assert unsaid == "field_0, field_1, field_2, field_3, field_4, and 3 more"


def test_names_with_control_characters_are_escaped() -> None:
    """What a client sends must not reach a terminal."""
    assert read(**{"a\x1b[2J": 1}).verbatim.unsaid == "'a\\x1b[2J'"


def test_parallel_calls_need_tools() -> None:
    """Cline sends the field without tools, which says nothing."""
    assert read(parallel_tool_calls=False).chat.parallel_tool_calls is None
    assert read(parallel_tool_calls=False, tools=[WEATHER]).chat.parallel_tool_calls is False


# ------------------------------------------------------------------ any body

_PARTS = [
    *("role", "content", "type", "text", "image_url", "url", "file", "file_data", "input_audio"),
    *("data", "id", "function", "name", "arguments", "tool_call_id", "extra_content", "google"),
    *("thought_signature", "json_schema", "schema", "custom", "parameters", "cache_control"),
]
_NAMES = [field.encode_name for field in msgspec.structs.fields(ChatBody)]
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "user", "auto", "text", "function", "air1.x", "a\ud83d", "data:,"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*_PARTS, *_NAMES]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), _values, max_size=5))
def test_any_body_is_read_or_refused(fields: dict[str, object]) -> None:
    """Whatever a client sends is a request or its own mistake, never an error of ours."""
    refused = None
    try:
        found = read(**fields)
    except RequestProblem as error:
        refused = error.problem.status
    else:
        assert found.chat.model
    assert refused in (None, 400)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": [{"role": "user", "content": [{"type": "x"}] * 20_001}]}, "messages"),
        ({"messages": [{"role": "user"}] * 20_001}, "messages"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}] * 5_001}, "tools"),
    ],
)
def test_there_is_a_bound_for_parts_and_tools(fields: dict[str, object], path: str) -> None:
    """Hundreds of thousands took seconds."""
    with pytest.raises(RequestProblem, match=f"^{path}: there are more than"):
        DIALECT.read_chat(call_of(**fields))
