"""The fields besides the conversation and the tools."""

import pytest

from aircherd.chat.request.requirements import requirements_of
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import JsonFormat, SchemaFormat
from aircherd.vocabulary.content.tools import Tool
from helpers.http_api.responses_api import read, unsaid

SCHEMA = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"instructions": "Be brief."}, {"system": "Be brief."}),
        ({"instructions": ""}, {"system": None}),
        ({"max_output_tokens": 20}, {"max_tokens": 20}),
        ({"temperature": 0, "top_p": 0.5}, {"temperature": 0.0, "top_p": 0.5}),
        ({"reasoning": {"effort": "xhigh", "summary": "auto"}}, {"reasoning": "xhigh"}),
        ({"reasoning": {"effort": None}}, {"reasoning": None}),
        ({"stream": True}, {"stream": True}),
        ({}, {"stream": False, "model": "sonnet"}),
        ({"prompt_cache_key": "thread-1"}, {"conversation": "thread-1"}),
        ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, {"response_format": None}),
        ({"text": {"format": {"type": "json_object"}}}, {"response_format": JsonFormat()}),
        (
            {
                "text": {
                    "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}
                }
            },
            {"response_format": SchemaFormat("{}", "n")},
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "not a name", "schema": {}}}},
            {"response_format": SchemaFormat("{}", "answer", strict=False)},
        ),
    ],
)
def test_a_field_is_said(fields: dict[str, object], said: dict[str, object]) -> None:
    """In words of ours."""
    found = read(**fields)
    assert {name: getattr(found.chat, name) for name in said} == said
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize(
    "fields",
    [
        {"store": True},
        {"include": ["reasoning.encrypted_content", "web_search_call.action.sources"]},
        {"metadata": {"a": "b"}, "client_metadata": {"a": "b"}},
        {"user": "u", "safety_identifier": "s"},
        {"truncation": "auto"},
        {"stream_options": {"include_obfuscation": False}},
        {"prompt_cache_retention": "24h", "prompt_cache_options": {"mode": "implicit"}},
        {"context_management": [{"type": "compaction"}]},
        {"service_tier": "flex"},
        {"background": False, "background_options": {}},
        {"previous_response_id": None, "conversation": None, "prompt": None},
        {"top_logprobs": 0, "presence_penalty": 0, "frequency_penalty": 0},
        {"max_tool_calls": 3},
        {"temperature": 1, "top_p": 1.0},
        {"reasoning": {"context": "auto", "mode": "standard", "generate_summary": "auto"}},
    ],
)
def test_what_an_answer_is_as_right_without_is_left_out(fields: dict[str, object]) -> None:
    """The request can go anywhere."""
    assert unsaid(**fields) is None


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"background": True, "stream": True}, "background"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"moderation": {}}, "moderation"),
        ({"access_programs": {"cyber": "standard"}}, "access_programs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, 'include "message.output_text.logprobs"'),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"service_tier": "priority"}, 'service_tier "priority"'),
        ({"reasoning": {"effort": "ultra"}}, 'reasoning.effort "ultra"'),
        ({"text": {"format": {"type": "grammar"}}}, 'text.format.type "grammar"'),
    ],
)
def test_what_only_openai_does_is_named(fields: dict[str, object], sent: str) -> None:
    """Only a provider of this API can answer then."""
    assert unsaid(**fields) == sent


def test_a_dearer_tier_is_seen_by_limits_in_usd() -> None:
    """Its price is not known, as on the socket."""
    unpriced = requirements_of(read(service_tier="priority").chat).unpriced
    assert unpriced == "extra.service_tier (priority)"
    assert requirements_of(read(prompt={"id": "pmpt_1"}).chat).unpriced == "extra.prompt"
    assert requirements_of(read(service_tier="flex").chat).unpriced is None


def test_the_limit_of_hosted_calls_is_that_of_the_search() -> None:
    """Of several hosted tools, only OpenAI counts them together."""
    search, code = (
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
    )
    assert read(tools=[search], max_tool_calls=2).chat.tools == [
        Tool(type="web_search", max_uses=2)
    ]
    assert unsaid(tools=[search, code], max_tool_calls=2) == "max_tool_calls"


@pytest.mark.parametrize("key", ["k" * 201, "a\nb"])
def test_an_odd_cache_key_still_keeps_a_conversation_together(key: str) -> None:
    """By a digest, the same each time."""
    name = read(prompt_cache_key=key).chat.conversation
    assert name == read(prompt_cache_key=key).chat.conversation
    assert name is not None
    assert len(name) == 64


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_output_tokens": 0}, "max_output_tokens: has to be from 1"),
        ({"max_output_tokens": 10**9}, "max_output_tokens: has to be from 1"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format: schema is missing"),
        ({"background": True}, "background: answers are read as they arrive"),
        ({"models": ["a", "b"]}, "models: use an alias"),
        ({"fallbacks": [{"model": "b"}]}, "fallbacks: use an alias"),
    ],
)
def test_what_nothing_can_do_is_refused(fields: dict[str, object], message: str) -> None:
    """With the field."""
    with pytest.raises(RequestProblem, match=message) as raised:
        read(**fields)
    assert raised.value.problem.param is not None
