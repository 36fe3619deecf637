"""The simulated Anthropic API, tested with a plain HTTP client."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Simulator, open_simulator

KEY = "sk-ant-made-up-0123456789"
HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("look", "ask")]


@pytest.fixture
async def simulator():
    async with open_simulator(accept={"anthropic": KEY}) as simulator:
        yield simulator


async def post(simulator: Simulator, headers: dict[str, str] = HEADERS, **body: Any):
    messages = [{"role": "user", "content": "Hello big world"}]
    body = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": messages} | body
    async with httpx.AsyncClient(trust_env=False) as client:
        url = simulator.base_url("anthropic") + "/v1/messages"
        return await client.post(url, json=body, headers=headers)


def events_of(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the data of each event, after checking that its name is the data's type."""
    events = []
    for text in response.text.removesuffix("\n\n").split("\n\n"):
        name, data = text.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert f"event: {events[-1]['type']}" == name
    return events


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


async def test_an_unstreamed_response_is_a_message(simulator):
    """It has one text block."""
    body = (await post(simulator)).json()
    assert body["content"] == [{"type": "text", "text": "Hello big world"}]
    assert (
        body["type"],
        body["stop_reason"],
        body["stop_sequence"],
    ) == ("message", "end_turn", None)


async def test_a_stream_comes_in_the_vendors_order(simulator):
    """Start, block with a ping after its start, deltas, stop, and the two closing events."""
    events = events_of(await post(simulator, stream=True))
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [
        event["delta"]["text"] for event in events if event["type"] == "content_block_delta"
    ] == ["Hello", " big", " world"]
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}


async def test_blocks_are_counted_together_and_arguments_come_in_fragments(simulator):
    """Text is block 0, the calls 1 and 2; the fragments of each join to its arguments."""
    prompt = 'say one moment; call look {"where": "under the bed"} and ask {}'
    events = events_of(await post(simulator, stream=True, messages=ask(prompt), tools=TOOLS))
    starts = [event for event in events if event["type"] == "content_block_start"]
    partials: dict[int, str] = {}
    for event in events:
        if event.get("delta", {}).get("type") == "input_json_delta":
            partials.setdefault(event["index"], "")
            partials[event["index"]] += event["delta"]["partial_json"]
    assert [(event["index"], event["content_block"]["type"]) for event in starts] == [
        (0, "text"),
        (1, "tool_use"),
        (2, "tool_use"),
    ]
    assert partials == {1: '{"where": "under the bed"}', 2: ""}
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


async def test_an_unstreamed_call_carries_its_input_as_an_object(simulator):
    """Arguments are an object, not a text."""
    body = (await post(simulator, messages=ask('call look {"a": 1}'), tools=TOOLS)).json()
    assert [block["input"] for block in body["content"]] == [{"a": 1}]


SHOWN = {"type": "adaptive", "display": "summarized"}
THOUGHT = {"thinking": "Let me think about: Hello big world"}


async def test_thinking_is_a_block_before_the_text(simulator):
    """With thinking on, block 0 is the thinking and ends with its signature."""
    events = events_of(await post(simulator, stream=True, thinking=SHOWN))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    kinds = [delta["type"] for delta in deltas]
    assert kinds[:8] == [*["thinking_delta"] * 7, "signature_delta"]
    assert THOUGHT["thinking"] == "".join(delta["thinking"] for delta in deltas[:7])
    assert [event["index"] for event in events if event["type"] == "content_block_stop"] == [0, 1]


@pytest.mark.parametrize(
    ("model", "thinking", "shown"),
    [
        ("claude-opus-5", SHOWN, True),
        ("claude-opus-5", {"type": "adaptive"}, False),
        ("claude-opus-4-6", {"type": "adaptive"}, True),
        ("claude-opus-4-6", {"type": "adaptive", "display": "omitted"}, False),
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 1024}, True),
    ],
)
async def test_thoughts_are_hidden_by_newer_models(simulator, model, thinking, shown):
    """From 4.7 on a thought has text only on request; it always has a signature."""
    answer = await post(simulator, model=model, thinking=thinking, max_tokens=2000)
    block = answer.json()["content"][0]
    assert (block["type"], bool(block["thinking"]), bool(block["signature"])) == (
        "thinking",
        shown,
        True,
    )


async def conversation(simulator, prompt='call look {"a": 1}', **fields):
    """Return a tool round that starts with a thought, up to the tool results."""
    fields = {"thinking": SHOWN, "tools": TOOLS} | fields
    first = (await post(simulator, messages=ask(prompt), **fields)).json()["content"]
    result = {"type": "tool_result", "tool_use_id": first[-1]["id"], "content": "x"}
    return [
        *ask(prompt),
        {"role": "assistant", "content": first},
        {"role": "user", "content": [result]},
    ], fields


@pytest.mark.parametrize("stream", [True, False])
async def test_a_redacted_thought_can_be_sent_back(simulator, stream):
    """The vendor's documented prompt returns one, and it is accepted in the next request."""
    words = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E"
    messages, fields = await conversation(simulator, f"say {words}; call look {{}}")
    answer = await post(simulator, messages=messages, stream=stream, **fields)
    block = messages[1]["content"][0]
    assert (block["type"], answer.status_code) == ("redacted_thinking", 200)
    again = events_of(await post(simulator, stream=True, messages=ask(words), thinking=SHOWN))
    assert [block] == [
        event["content_block"]
        for event in again
        if event["type"] == "content_block_start" and event["index"] == 0
    ]


async def test_a_signed_thought_can_be_sent_back(simulator):
    """A thought with its signature is accepted, also at the start of a tool round."""
    messages, fields = await conversation(simulator)
    assert (await post(simulator, messages=messages, **fields)).status_code == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thinking": "Something else"}, "Invalid `signature` in `thinking` block"),
        ({"signature": "c2ln"}, "Invalid `signature` in `thinking` block"),
        ({"signature": None}, "thinking.signature: Field required"),
        ({"type": "redacted_thinking", "data": "x"}, "Invalid `data` in `redacted_thinking`"),
    ],
)
async def test_a_changed_thought_is_refused(simulator, change, message):
    """Changing the text or the signature invalidates it."""
    messages, fields = await conversation(simulator)
    messages[1]["content"][0] |= change
    response = await post(simulator, messages=messages, **fields)
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]


async def test_a_tool_round_needs_its_thought(simulator):
    """With a thinking budget, a round without the thought is refused."""
    budget = {"type": "enabled", "budget_tokens": 1024}
    fields = {"model": "claude-haiku-4-5", "thinking": budget, "max_tokens": 2000}
    messages, fields = await conversation(simulator, **fields)
    assert (await post(simulator, messages=messages, **fields)).status_code == 200
    del messages[1]["content"][0]
    response = await post(simulator, messages=messages, **fields)
    assert response.json()["error"]["message"].startswith(
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found"
    )


PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
}
LINKED = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}


async def test_images_are_read(simulator):
    """Data and URLs, in order, including those in tool results."""
    content = [PICTURE, {"type": "text", "text": "What is it?"}, LINKED]
    body = (await post(simulator, messages=[{"role": "user", "content": content}])).json()
    assert body["content"][0]["text"] == "I see 2: image/png, https://x.test/a.png"
    messages, fields = await conversation(simulator)
    messages[2]["content"][0]["content"] = [{"type": "text", "text": "a shoe"}, PICTURE]
    body = (await post(simulator, messages=messages, **fields)).json()
    assert body["content"][-1]["text"] == "The tools answered: a shoe\n[image/png]"


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}


async def test_an_answer_matches_the_requested_schema(simulator):
    """The text is JSON."""
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    body = (await post(simulator, output_config=config)).json()
    assert json.loads(body["content"][0]["text"]) == {"name": "Hello big world"}


async def test_cached_tokens_are_not_part_of_the_input(simulator):
    """The total input is the sum of three counts."""
    simulator.behave(cached_tokens=1, cache_write_tokens=1, reasoning_tokens=5)
    usage = (await post(simulator)).json()["usage"]
    assert (
        usage["input_tokens"],
        usage["cache_read_input_tokens"],
        usage["cache_creation_input_tokens"],
    ) == (1, 1, 1)
    assert (
        usage["output_tokens"],
        usage["output_tokens_details"]["thinking_tokens"],
    ) == (8, 5)


@pytest.mark.parametrize(
    ("limits", "text", "reason", "sequence"),
    [
        ({"stop_sequences": [" world", "x"]}, "Hello big", "stop_sequence", " world"),
        ({"max_tokens": 1}, "Hello", "max_tokens", None),
    ],
)
async def test_stop_sequences_and_max_tokens_are_named(simulator, limits, text, reason, sequence):
    """The stop reason says why the text ended, and which sequence matched."""
    body = (await post(simulator, **limits)).json()
    assert (text, reason, sequence) == (
        body["content"][0]["text"],
        body["stop_reason"],
        body["stop_sequence"],
    )


async def test_tool_results_are_answered_with_text(simulator):
    """Results of parallel calls are in one turn."""
    calls = [
        {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}}
        for name in ("look", "ask")
    ]
    results = [
        {"type": "tool_result", "tool_use_id": "toolu_look", "content": "a shoe"},
        {"type": "tool_result", "tool_use_id": "toolu_ask", "content": [], "is_error": True},
    ]
    messages = [
        *ask("call look {} and ask {}"),
        {"role": "assistant", "content": calls},
        {"role": "user", "content": results},
    ]
    body = (await post(simulator, messages=messages, tools=TOOLS)).json()
    assert body["content"][0]["text"] == "The tools answered: a shoe | "


@pytest.mark.parametrize(
    "headers", [{"x-api-key": "sk-wrong"}, {"authorization": "Bearer sk-wrong"}, {}]
)
async def test_a_refused_key_is_an_authentication_error(simulator, headers):
    """With either header; the error has the request id."""
    response = await post(simulator, {"anthropic-version": "2023-06-01"} | headers)
    body = response.json()
    assert (
        response.status_code,
        body["type"],
        body["error"]["type"],
    ) == (401, "error", "authentication_error")
    assert response.headers["request-id"] == body["request_id"]


async def test_a_bearer_key_is_accepted(simulator):
    """Newer SDKs send it."""
    headers = {"authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}
    assert (await post(simulator, headers)).status_code == 200


async def test_every_response_has_rate_limit_headers():
    """Four limits, with resets in RFC 3339."""
    async with open_simulator(
        accept={"anthropic": KEY}, clock=lambda: 1_790_000_000.5
    ) as simulator:
        headers = (await post(simulator)).headers
    assert headers["anthropic-ratelimit-requests-limit"] == "10000"
    assert headers["anthropic-ratelimit-requests-remaining"] == "9999"
    assert headers["anthropic-ratelimit-output-tokens-reset"] == "2026-09-21T14:14:20Z"


USE = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
BUDGETED = {
    "model": "claude-haiku-4-5",
    "max_tokens": 2000,
    "thinking": {"type": "enabled", "budget_tokens": 1024},
}
OPEN_INSIDE = SCHEMA | {"properties": {"list": {"type": "array", "items": {"type": "object"}}}}


def pictured(**source: object):
    return {"type": "image", "source": PICTURE["source"] | source}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"stop": ["x"]}, "stop: Extra inputs are not permitted"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": ask("")}, "messages: text content blocks must be non-empty"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages: first message must"),
        (
            {"messages": [*ask("x"), {"role": "system", "content": "y"}]},
            "messages: Unexpected role",
        ),
        ({"temperature": 1.5}, "temperature: range: 0..1"),
        ({"tool_choice": {"type": "any"}}, "tool_choice: may only be specified"),
        ({"tools": [{"name": "a b", "input_schema": {}}]}, "tools.0.custom.name"),
        ({"messages": [{"role": "user", "content": [RESULT]}]}, "messages.0.content.0: unexpected"),
        (
            {"messages": [*ask("x"), {"role": "assistant", "content": [USE]}, *ask("y")]},
            "messages.1: `tool_use` ids were found without `tool_result` blocks",
        ),
        (
            {
                "messages": [
                    *ask("x"),
                    {"role": "assistant", "content": [USE]},
                    {"role": "user", "content": [{"type": "text", "text": "first"}, RESULT]},
                ]
            },
            "messages.1: `tool_use` ids were found without `tool_result` blocks",
        ),
        (
            {"messages": [*ask("x"), {"role": "assistant", "content": [USE | {"input": "{}"}]}]},
            "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
        ),
        ({"messages": "not a list"}, "the request has an unexpected shape"),
        ({"thinking": {"type": "on"}}, "thinking: Input tag 'on'"),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            '"thinking.type.enabled" is not supported for this model.',
        ),
        (
            {"model": "claude-haiku-4-5", "thinking": {"type": "adaptive"}},
            "adaptive thinking is not supported on this model",
        ),
        (
            {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
            '"thinking.type.disabled" is not supported',
        ),
        (
            {"model": "claude-sonnet-5-5", "thinking": {"type": "disabled"}},
            "To turn thinking off on this model, send",
        ),
        ({**BUDGETED, "max_tokens": 1024}, "`max_tokens` must be greater than"),
        (
            {**BUDGETED, "thinking": {"type": "enabled", "budget_tokens": 5}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        ({**BUDGETED, "temperature": 0.5}, "`temperature` may only be set to 1"),
        ({**BUDGETED, "top_p": 0.5}, "`top_p` must be greater than or equal to 0.95"),
        ({**BUDGETED, "top_k": 5}, "`top_k` must be unset"),
        (
            {"thinking": SHOWN, "tools": TOOLS, "tool_choice": {"type": "any"}},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (
            {"model": "claude-opus-5-5", "tools": TOOLS, "tool_choice": {"type": "any"}},
            "tool_choice: forced tool use is not supported",
        ),
        ({"output_config": {"effort": "minimal"}}, "output_config.effort: Input should be"),
        (
            {"model": "claude-haiku-4-5", "output_config": {"effort": "low"}},
            "This model does not support the effort parameter.",
        ),
        (
            {"model": "claude-opus-4-6", "output_config": {"effort": "xhigh"}},
            "This model does not support effort level 'xhigh'.",
        ),
        (
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
            "output_config.effort: 'max' is not allowed with thinking turned off",
        ),
        (
            {"output_config": {"format": {"type": "json_object"}}},
            "output_config.format.type: Input should be 'json_schema'",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": OPEN_INSIDE}}},
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be",
        ),
        (
            {"messages": [{"role": "user", "content": [pictured(media_type="image/bmp")]}]},
            "messages.0.content.0.image.source.base64.media_type: Input should be",
        ),
        (
            {"messages": [{"role": "user", "content": [pictured(data="?")]}]},
            "messages.0.content.0.image.source.base64.data: Invalid base64 data",
        ),
        (
            {"messages": [{"role": "user", "content": [pictured(type="url", url="http://x")]}]},
            "messages.0.content.0.image.source.url: Only HTTPS URLs are supported.",
        ),
        (
            {"messages": [*ask("x"), {"role": "assistant", "content": [PICTURE]}]},
            "messages.1.content.0: `image` blocks are only permitted in user messages",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "thinking"}]}]},
            "messages.0.content.0: `thinking` blocks are only permitted in assistant messages",
        ),
        (
            {
                "model": "claude-opus-4-6",
                "messages": [*ask("x"), {"role": "assistant", "content": "y"}],
            },
            "This model does not support assistant message prefill.",
        ),
    ],
)
async def test_an_invalid_request_is_refused(simulator, body, message):
    """As by the real API: with status 400 and the reason."""
    response = await post(simulator, **body)
    assert (
        response.status_code,
        response.json()["error"]["type"],
    ) == (400, "invalid_request_error")
    assert response.json()["error"]["message"].startswith(message)


async def test_the_version_header_is_required(simulator):
    """A request without it is refused."""
    response = await post(simulator, {"x-api-key": KEY})
    assert response.json()["error"]["message"] == "anthropic-version: header is required"


async def test_the_newest_version_refuses_sampling(simulator):
    """From 2026-10-21 on, even the default temperature."""
    headers = HEADERS | {"anthropic-version": "2026-10-21"}
    statuses = [
        (await post(simulator, headers)).status_code,
        (await post(simulator, headers, temperature=1)).status_code,
    ]
    assert statuses == [200, 400]


async def test_models_come_in_pages(simulator):
    """`limit` and `after_id` page through the list; `has_more` is false at the end."""
    seen, after = [], None
    async with httpx.AsyncClient(trust_env=False, headers=HEADERS) as client:
        while True:
            query = {"limit": "2"} | ({"after_id": after} if after else {})
            page = (await client.get(f"{simulator.url}/v1/models", params=query)).json()
            seen += [model["id"] for model in page["data"]]
            after = page["last_id"]
            if not page["has_more"]:
                break
    assert simulator.behaviour.models["anthropic"] == seen


async def test_the_list_of_models_has_capabilities(simulator):
    """And sizes."""
    async with httpx.AsyncClient(trust_env=False, headers=HEADERS) as client:
        listed = (await client.get(f"{simulator.url}/v1/models")).json()["data"][0]
    assert (listed["id"], listed["max_input_tokens"], listed["max_tokens"]) == (
        "claude-opus-5",
        200_000,
        64_000,
    )
    types = listed["capabilities"]["thinking"]["types"]
    assert [name for name, each in types.items() if each["supported"]] == ["adaptive", "disabled"]


async def test_older_models_accept_a_prefilled_answer(simulator):
    """Up to 4.5."""
    begun = [*ask("x"), {"role": "assistant", "content": "y"}]
    response = await post(simulator, model="claude-haiku-4-5", messages=begun)
    assert response.status_code == 200


def marked(text: str, **mark: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", **mark}}


SEARCH = {"type": "web_search_20260318", "name": "web_search"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([marked("a")] * 5, "A maximum of 4 blocks with cache_control may be provided. Found 5."),
        ([marked("a"), marked("b", ttl="1h")], "ttl='1h' cache_control block must not come after"),
        ([marked("a", ttl="2h")], "cache_control: Input should be"),
        (
            [{"type": "document", "source": {"type": "url", "url": "http://a/b.pdf"}}],
            "Only HTTPS URLs are supported",
        ),
        (
            [
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "YQ=="},
                }
            ],
            "The PDF specified was not valid.",
        ),
    ],
)
async def test_marks_and_documents_are_checked(simulator, content, message):
    """Too many marks, marks in the wrong order, and what is no PDF are refused."""
    answer = await post(simulator, messages=[{"role": "user", "content": content}])
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


async def test_marks_are_counted(simulator):
    """What they write is counted by how long it is kept."""
    content = [marked("one two", ttl="1h"), marked("three"), {"type": "text", "text": "four"}]
    usage = (await post(simulator, messages=[{"role": "user", "content": content}])).json()["usage"]
    assert (usage["input_tokens"], usage["cache_creation_input_tokens"]) == (1, 3)
    assert usage["cache_creation"] == {
        "ephemeral_5m_input_tokens": 1,
        "ephemeral_1h_input_tokens": 2,
    }


async def test_a_search_must_come_back_as_it_was(simulator):
    """A changed result, a missing one and a changed source are refused."""
    asked = ask("search foxes")
    content = (await post(simulator, messages=asked, tools=[SEARCH])).json()["content"]
    assert [block["type"] for block in content] == [
        "server_tool_use",
        "web_search_tool_result",
        "text",
    ]
    call, result, text = content
    changed = result | {"content": []}
    source = text["citations"][0] | {"encrypted_index": "x"}
    for blocks, status in (
        ([call, result, text], 200),
        ([call, changed, text], 400),
        ([call, text], 400),
        ([result, text], 400),
        ([call, result, text | {"citations": [source]}], 400),
        ([call, result, text | {"citations": [source | {"file_id": None}]}], 400),
    ):
        messages = [*asked, {"role": "assistant", "content": blocks}, *ask("and now?")]
        assert (await post(simulator, messages=messages, tools=[SEARCH])).status_code == status


async def test_mcp_needs_its_header(simulator):
    """MCP servers are unknown without the beta, and a toolset needs its server."""
    server = {"type": "url", "name": "s", "url": "https://s.test"}
    tools = [{"type": "mcp_toolset", "mcp_server_name": "s"}]
    beta = HEADERS | {"anthropic-beta": "mcp-client-2025-11-20"}
    for headers, servers, status in (
        (HEADERS, [server], 400),
        (beta, [server], 200),
        (beta, [], 400),
    ):
        answer = await post(simulator, headers, tools=tools, mcp_servers=servers)
        assert answer.status_code == status


async def test_a_strict_tool_has_a_closed_schema(simulator):
    """An open one is refused."""
    for closed, status in ((False, 200), (None, 400)):
        schema = {"type": "object"} | ({} if closed is None else {"additionalProperties": closed})
        tool = {"name": "look", "input_schema": schema, "strict": True}
        assert (await post(simulator, tools=[tool])).status_code == status
