"""Requests of the Anthropic Messages API, as tools and SDKs send them."""

import copy
import functools
import json
import operator
import random
from collections.abc import Iterator
from typing import Any

import pytest

from aircherd.chat.request.unpriced import unpriced_option
from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.dialects.anthropic.request.blocks import MAX_SYSTEM
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import Message, NamedTool, SchemaFormat
from aircherd.vocabulary.parts import TextPart
from helpers.http_api.anthropic_sdk import HI, call_of, read
from helpers.http_api.claude_code import claude_code_body, claude_code_request

TEXT = {"type": "text", "text": "a"}
SESSION = '{"device_id":"d","account_uuid":"","session_id":"6f1c"}'


def test_all_options_are_said() -> None:
    """Each has a word of ours."""
    chat = read(
        system="Be brief.",
        temperature=0.5,
        top_p=0.9,
        stop_sequences=["END"],
        stream=True,
        tools=[{"name": "read", "input_schema": {"type": "object"}}],
        tool_choice={"type": "tool", "name": "read", "disable_parallel_tool_use": True},
        thinking={"type": "enabled", "budget_tokens": 4000},
        output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}},
    ).chat

    assert (chat.model, chat.max_tokens, chat.stream) == ("claude-sonnet-5", 100, True)
    assert (chat.system, chat.temperature, chat.top_p) == ("Be brief.", 0.5, 0.9)
    assert (chat.stop, chat.reasoning) == (["END"], "medium")
    assert (chat.tool_choice, chat.parallel_tool_calls) == (NamedTool("read"), False)
    assert chat.response_format == SchemaFormat('{"type":"object"}')
    assert chat.messages == [Message("user", "Hi")]


def test_sampling_that_changes_nothing_is_left_out() -> None:
    """Many models refuse to be given any."""
    chat = read(temperature=1, top_p=1.0).chat

    assert (chat.temperature, chat.top_p) == (None, None)
    assert read(temperature=0).chat.temperature == 0


def test_what_claude_code_sends_is_said() -> None:
    """Nothing of it keeps another vendor's model from answering."""
    found = DIALECT.read_chat(claude_code_request())

    assert found.verbatim.unsaid is None
    assert len(found.chat.tools) == 25
    assert found.chat.reasoning == "high"
    assert found.chat.conversation is not None
    check_request(found.chat)


def test_the_body_goes_on_as_it_came() -> None:
    """With the headers and the query that the vendor knows, and no others."""
    call = call_of(
        b' {"model": "m",  "max_tokens":1, "messages":[{"role":"user","content":"Hi"}]}',
        headers={
            "anthropic-beta": "a,b",
            "anthropic-version": "2023-06-01",
            "user-agent": "x",
            "x-stainless-lang": "js",
        },
        query={"beta": "true", "other": "1"},
    )

    verbatim = DIALECT.read_chat(call).verbatim

    assert verbatim.body == call.body
    assert verbatim.headers == (("anthropic-beta", "a,b"), ("anthropic-version", "2023-06-01"))
    assert (verbatim.dialect, verbatim.query, verbatim.unsaid) == ("anthropic", "beta=true", None)


def test_trap_16_a_system_message_may_be_inside_the_conversation() -> None:
    """Claude Code sends them."""
    messages = [*HI, {"role": "assistant", "content": "Yes?"}, {"role": "system", "content": "Go."}]

    assert read([*messages, *HI]).chat.messages[2] == Message("system", "Go.")


def test_trap_19_counting_includes_tools_and_system() -> None:
    """What is counted is the whole request."""
    body = {
        "model": "m",
        "messages": HI,
        "system": "Be brief.",
        "tools": [{"name": "read", "input_schema": {}}],
    }

    found = DIALECT.read_count(call_of(body))

    assert found.chat.system == "Be brief."
    assert [tool.name for tool in found.chat.tools] == ["read"]
    assert not found.chat.stream


def test_trap_20_nothing_is_added_to_what_is_counted() -> None:
    """Neither a prompt, nor a message."""
    chat = DIALECT.read_count(call_of({"model": "m", "messages": HI})).chat

    assert (chat.system, chat.messages, chat.tools) == (None, [Message("user", "Hi")], [])


@pytest.mark.parametrize("beta", [None, "context-management-2025-06-27,fine-2025-01-01"])
def test_traps_23_to_25_betas_are_the_clients(beta: str | None) -> None:
    """All that it named and no others: one that is missing, replaced or retired is an error."""
    headers = {"anthropic-beta": beta} if beta else {}

    found = read(headers=headers, context_management={"edits": []})

    assert dict(found.verbatim.headers).get("anthropic-beta") == beta
    assert found.verbatim.unsaid is None


# ------------------------------------------------------------------ the system prompt


def test_a_system_prompt_may_be_blocks() -> None:
    """Without marks they are one text."""
    blocks = [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]

    assert read(system=blocks).chat.system == "Be brief.\n\nBe kind."


def test_marks_of_the_system_prompt_are_kept() -> None:
    """Some providers of other APIs know them, so the prompt becomes a message with parts."""
    mark = {"type": "ephemeral", "ttl": "1h", "scope": "global"}
    blocks = [
        {"type": "text", "text": "Be brief.", "cache_control": mark},
        {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}},
    ]

    chat = read(system=blocks).chat

    assert chat.system is None
    assert chat.messages[0] == Message(
        "system", [TextPart("Be brief.", cache="1h"), TextPart("Be kind.", cache=True)]
    )


def test_the_attribution_is_left_out() -> None:
    """It differs in each request, and would spoil the prompt cache of another vendor."""
    blocks = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=0f3a2;"},
        {"type": "text", "text": "Be brief."},
    ]

    found = read(system=blocks)

    assert found.chat.system == "Be brief."
    assert b"x-anthropic-billing-header" in found.verbatim.body


def test_a_system_prompt_has_a_bound_of_blocks() -> None:
    """Unknown fields or not."""
    with pytest.raises(RequestProblem, match="system: has to have a length of at most"):
        read(system=[TEXT] * (MAX_SYSTEM + 1))
    with pytest.raises(RequestProblem, match="system"):
        read(system=[{**TEXT, "new": 1}] * (MAX_SYSTEM + 1))


# ------------------------------------------------------------------ unsaid


@pytest.mark.parametrize(
    ("fields", "unsaid"),
    [
        ({"speed": "fast"}, "speed"),
        ({"speed": "standard"}, None),
        ({"inference_geo": "eu"}, "inference_geo"),
        ({"container": "c_1"}, "container"),
        ({"mcp_servers": []}, None),
        ({"mcp_servers": [{"type": "url", "url": "https://a.test", "name": "a"}]}, "mcp_servers"),
        ({"max_tokens": 0}, "max_tokens 0"),
        ({"brand_new": {"a": 1}}, "brand_new"),
        ({"brand_new": None}, None),
        ({"output_config": {"effort": "low", "mood": "calm"}}, "output_config.mood"),
        ({"system": [{"type": "text", "text": "a", "new": 1}]}, "system[0].new"),
        (
            {"top_k": 5, "service_tier": "auto", "cache_control": {"type": "ephemeral"}},
            None,
        ),
        ({"context_management": {"edits": []}, "diagnostics": None, "fallbacks": []}, None),
    ],
)
def test_what_another_api_cannot_say_is_named(
    fields: dict[str, object], unsaid: str | None
) -> None:
    """Then only a provider of this API can answer; what does no harm is left out."""
    assert read(**fields).verbatim.unsaid == unsaid


def test_options_with_a_price_are_known_to_have_one() -> None:
    """Otherwise a limit in USD would count the usual price."""
    assert unpriced_option(read(speed="fast").chat) == "extra.speed (fast)"
    assert unpriced_option(read(inference_geo="eu").chat) == "extra.inference_geo"
    assert unpriced_option(read(speed="standard").chat) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON"),
        (b'{"metadata":3,"model"', "the body is not JSON"),
        (b"[]", "the body has to be a map"),
        (b'"hi"', "the body has to be a map"),
        ({"messages": HI}, "model is missing"),
        ({"model": "", "messages": HI}, "model: has to have a length of at least 1"),
        ({"model": "m"}, "messages is missing"),
        ({"model": "m", "messages": "Hi"}, "messages: has to be a list"),
        ({"model": "m", "messages": ["Hi"]}, "messages[0]: has to be a map"),
        ({"model": "m", "messages": HI, "max_tokens": -1}, "max_tokens: has to be"),
        ({"model": "m", "messages": HI, "max_tokens": "1"}, "max_tokens: has to be"),
        ({"model": "m", "messages": HI, "system": 3}, "system: has to be"),
        ({"model": "m", "messages": HI, "system": ["a"]}, "system[0]: has to be a map"),
        ({"model": "m", "messages": HI, "thinking": {"type": "much"}}, "thinking.type: has to be"),
        ({"model": "m", "messages": HI, "output_config": 1}, "output_config: has to be a map"),
        ({"model": "m", "messages": HI, "stop_sequences": [1]}, "stop_sequences[0]: has to be"),
    ],
)
def test_a_wrong_request_is_refused_with_its_field(body: object, message: str) -> None:
    """The client's own fault, and where."""
    with pytest.raises(RequestProblem) as caught:
        DIALECT.read_chat(call_of(body))

    assert caught.value.problem.message.startswith(message)
    assert caught.value.problem.kind == "invalid_request"


JUNK: list[object] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "air1.x",
    [],
    [1],
    {},
    {"type": "text"},
    [[]],
]


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Yield the path of everything in a body."""
    inner = value.items() if isinstance(value, dict) else ()
    for name, each in enumerate(value) if isinstance(value, list) else inner:
        yield (*path, name)
        yield from _places(each, (*path, name))


def test_no_body_is_a_crash() -> None:
    """Whatever stands wherever: it is read, or refused, and what goes on is JSON."""
    chance = random.Random(7)  # noqa: S311 - the same in every run
    body = claude_code_body(1) | {"tool_choice": {"type": "auto"}, "stop_sequences": ["a"]}
    body["tools"] = body["tools"][:1]  # type: ignore[index]
    source = {"type": "content", "content": [{"type": "text", "text": "a"}]}
    found = {"type": "search_result", "source": "a", "title": "b", "content": [TEXT]}
    more = [{"type": "document", "source": source, "citations": {"enabled": True}}, found]
    body["messages"] = [{"role": "user", "content": more}, *body["messages"]]  # type: ignore[misc]
    places = list(_places(body))
    outcomes = {"read": 0, "refused": 0}
    for _ in range(1500):
        spoiled: Any = copy.deepcopy(body)
        *path, last = chance.choice(places)
        holder = functools.reduce(operator.getitem, path, spoiled)
        holder[last] = copy.deepcopy(chance.choice(JUNK))
        try:
            verbatim = DIALECT.read_chat(call_of(spoiled)).verbatim
        except RequestProblem:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            json.loads(verbatim.body)
    assert min(outcomes.values()) > 200


def test_a_session_is_a_conversation() -> None:
    """It stays with the provider that answered it, each model by itself."""
    first = read(metadata={"user_id": SESSION}).chat.conversation
    other = {"model": "haiku", "messages": HI, "metadata": {"user_id": SESSION}}
    second = DIALECT.read_chat(call_of(json.dumps(other).encode())).chat.conversation

    assert first is not None
    assert first == read(metadata={"user_id": SESSION}).chat.conversation != second
