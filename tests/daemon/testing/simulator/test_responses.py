"""The simulated OpenAI Responses API, tested with a plain HTTP client."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Fault, Simulator, open_simulator

KEY = "sk-made-up-0123456789"
HEADERS = {"authorization": f"Bearer {KEY}"}
TOOLS = [
    {"type": "function", "name": name, "parameters": {"type": "object"}} for name in ("look", "ask")
]
THINK = {"effort": "low", "summary": "auto"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "a shoe"}
USER = {"role": "user", "content": "Hello"}
PNG = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
async def simulator():
    async with open_simulator(accept={"openai": KEY}) as simulator:
        yield simulator


async def post(simulator: Simulator, headers: dict[str, str] = HEADERS, **body: Any):
    body = {"model": "gpt-5.5", "input": "Hello big world"} | body
    async with httpx.AsyncClient(trust_env=False) as client:
        url = simulator.base_url("openai") + "/responses"
        return await client.post(url, json=body, headers=headers)


async def output(simulator: Simulator, **body: Any) -> list[dict[str, Any]]:
    response = await post(simulator, **body)
    assert response.status_code == 200, response.text
    return response.json()["output"]


async def events(simulator: Simulator, **body: Any) -> list[dict[str, Any]]:
    response = await post(simulator, stream=True, **body)
    frames = response.text.removesuffix("\n\n").split("\n\n")
    pairs = [frame.removeprefix("event: ").split("\ndata: ") for frame in frames]
    received = [json.loads(data) for _, data in pairs]
    assert [name for name, _ in pairs] == [event["type"] for event in received]
    return received


async def refusal(simulator: Simulator, **body: Any) -> dict[str, Any]:
    response = await post(simulator, **body)
    assert response.status_code in (400, 404), response.text
    return {"status": response.status_code, **response.json()["error"]}


async def test_an_unstreamed_response_repeats_the_prompt(simulator):
    """It has the words of the prompt."""
    body = (await post(simulator)).json()
    assert (body["object"], body["status"], body["error"]) == ("response", "completed", None)
    assert [item["content"][0]["text"] for item in body["output"]] == ["Hello big world"]
    assert body["usage"]["total_tokens"] == 6


async def test_a_stream_has_the_vendors_events_in_order(simulator):
    """Each item is opened, sent word by word, and repeated whole; events are numbered."""
    received = await events(simulator)
    assert [event["type"].removeprefix("response.") for event in received] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * 3,
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in received] == list(range(len(received)))
    assert [event["delta"] for event in received[4:7]] == ["Hello", " big", " world"]
    assert received[-1]["response"]["output"] == [received[-2]["item"]]


async def test_padding_hides_the_length_of_words_unless_switched_off(simulator):
    """Every piece carries `obfuscation` by default."""
    padded = await events(simulator)
    plain = await events(simulator, stream_options={"include_obfuscation": False})
    lengths = {len(e["delta"] + e["obfuscation"]) for e in padded if "delta" in e}
    assert lengths == {16}
    assert all("obfuscation" not in event for event in plain)


async def test_parallel_calls_are_separate_items(simulator):
    """Each starts with id and name; its joined fragments are its arguments."""
    prompt = 'say Let me see.; call look {"where": "under the bed"} and ask {"person": "Anna"}'
    received = await events(simulator, input=prompt, tools=TOOLS)
    added = [e["item"] for e in received if e["type"] == "response.output_item.added"]
    assert [item["type"] for item in added] == ["message", "function_call", "function_call"]
    joined = {1: "", 2: ""}
    for event in received:
        if event["type"] == "response.function_call_arguments.delta":
            joined[event["output_index"]] += event["delta"]
    assert [json.loads(text) for text in joined.values()] == [
        {"where": "under the bed"},
        {"person": "Anna"},
    ]
    assert added[1]["call_id"] != added[2]["call_id"]


async def test_tools_can_be_forced_forbidden_and_kept_apart(simulator):
    """`tool_choice` and `parallel_tool_calls` are respected."""
    named = {"type": "function", "name": "ask"}
    forced = await output(simulator, tools=TOOLS, tool_choice=named)
    prompt = "call look {} and ask {}"
    none = await output(simulator, input=prompt, tools=TOOLS, tool_choice="none")
    one = await output(simulator, input=prompt, tools=TOOLS, parallel_tool_calls=False)
    assert [item["name"] for item in forced] == ["ask"]
    assert [item["type"] for item in none] == ["message"]
    assert [item["name"] for item in one] == ["look"]


async def test_tool_results_are_answered_with_text(simulator):
    """Results may be text or parts; images in them are read."""
    parts = [{"type": "input_text", "text": "look:"}, {"type": "input_image", "image_url": PNG}]
    words = await output(simulator, input=[USER, CALL, OUTPUT])
    seen = await output(simulator, input=[USER, CALL, OUTPUT | {"output": parts}])
    assert words[0]["content"][0]["text"] == "The tools answered: a shoe"
    assert seen[0]["content"][0]["text"] == "The tools answered: look:\nimage/png"


async def test_images_are_read(simulator):
    """By their media type, or by their URL."""
    content = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": PNG, "detail": "auto"},
        {"type": "input_image", "image_url": "https://example.org/a.png"},
    ]
    items = await output(simulator, input=[{"role": "user", "content": content}])
    expected = "I see 2: image/png, https://example.org/a.png"
    assert items[0]["content"][0]["text"] == expected


@pytest.mark.parametrize("strict", [True, False])
async def test_json_answers_match_their_schema(simulator, strict):
    """The answer is an object."""
    schema = {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "n", "schema": schema, "strict": strict}
    items = await output(simulator, input="Hi", text={"format": form})
    assert json.loads(items[0]["content"][0]["text"]) == {"word": "Hi"}


async def test_any_json_answer(simulator):
    """An object, if the prompt mentions JSON."""
    items = await output(simulator, input="some json", text={"format": {"type": "json_object"}})
    assert json.loads(items[0]["content"][0]["text"]) == {"answer": "some json"}


async def test_the_limit_makes_the_response_incomplete(simulator):
    """Its status and reason say so, streamed and whole; the item is incomplete too."""
    body = (await post(simulator, input="count 30", max_output_tokens=16)).json()
    received = await events(simulator, input="count 30", max_output_tokens=16)
    for response in (body, received[-1]["response"]):
        assert response["status"] == "incomplete"
        assert response["incomplete_details"] == {"reason": "max_output_tokens"}
        assert response["output"][0]["status"] == "incomplete"
    assert received[-1]["type"] == "response.incomplete"


async def test_usage_includes_cached_and_reasoning_tokens(simulator):
    """Cached tokens are part of the input, thinking is part of the output."""
    simulator.behave(cached_tokens=2, reasoning_tokens=40)
    usage = (await post(simulator)).json()["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (3, 43)
    assert usage["input_tokens_details"]["cached_tokens"] == 2
    assert usage["output_tokens_details"]["reasoning_tokens"] == 40


# ------------------------------------------------------------------ thinking


async def test_thinking_is_an_item_with_a_summary_on_request(simulator):
    """It comes first, encrypted; its summary is streamed in pieces."""
    received = await events(simulator, reasoning=THINK)
    summary = "".join(e["delta"] for e in received if e["type"].endswith("summary_text.delta"))
    done = next(e["item"] for e in received if e["type"] == "response.output_item.done")
    assert summary == "Let me think about: Hello big world"
    assert done["summary"] == [{"type": "summary_text", "text": summary}]
    hidden = await output(simulator, reasoning={"effort": "low"})
    assert [item["type"] for item in hidden] == ["reasoning", "message"]
    assert hidden[0]["summary"] == []
    assert hidden[0]["encrypted_content"].startswith("gAAAAA")
    assert [item["type"] for item in await output(simulator, reasoning={"effort": "none"})] == [
        "message"
    ]


async def test_encrypted_content_is_complete_when_the_item_is_done(simulator):
    """The content in the opening event is unusable."""
    received = await events(simulator, reasoning=THINK)
    added, done = (
        next(e["item"] for e in received if e["type"] == f"response.output_item.{kind}")
        for kind in ("added", "done")
    )
    assert added["encrypted_content"] != done["encrypted_content"]


@pytest.mark.parametrize("reasoning", [THINK, {"effort": "low"}])
async def test_thinking_must_be_sent_back_unchanged(simulator, reasoning):
    """Unchanged it is accepted; with any change it is refused."""
    first = await output(simulator, input="call look {}", tools=TOOLS, reasoning=reasoning)
    thought, call = first
    rest = [call, OUTPUT | {"call_id": call["call_id"]}]
    taken = await output(simulator, input=[USER, thought, *rest], tools=TOOLS)
    assert taken[0]["content"][0]["text"] == "The tools answered: a shoe"
    summary = [{"type": "summary_text", "text": "something else"}]
    for change in ({"id": "rs_other"}, {"encrypted_content": "gAAAAABx"}, {"summary": summary}):
        error = await refusal(simulator, input=[USER, thought | change, *rest])
        assert error["code"] == "invalid_encrypted_content"
    sealed = thought.pop("encrypted_content")
    error = await refusal(simulator, input=[USER, thought, *rest])
    assert (error["status"], error["message"][:12]) == (404, "Item with id")
    thought |= {"encrypted_content": sealed, "summary": None}
    error = await refusal(simulator, input=[USER, thought, *rest])
    assert error["param"] == "input[1].summary"


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"stop": ["x"]}, "stop", "Unknown parameter: 'stop'."),
        ({"max_tokens": 5}, "max_tokens", "Unsupported parameter: 'max_tokens'. In the Responses"),
        ({"messages": []}, "messages", "Unsupported parameter: 'messages'."),
        ({"response_format": {}}, "response_format", "Unsupported parameter: 'response_format'."),
        ({"reasoning_effort": "low"}, "reasoning_effort", "Unsupported parameter: 'reasoning_e"),
        ({"model": ""}, "model", "Missing required parameter: 'model'."),
        ({"input": None}, "input", "Missing required parameter: 'input'."),
        (
            {"stream": True, "stream_options": {"include_usage": True}},
            "stream_options.include_usage",
            "Unknown parameter: 'stream_options.include_usage'.",
        ),
        ({"stream_options": {}}, "stream_options", "The 'stream_options' parameter is only"),
        ({"max_output_tokens": 15}, "max_output_tokens", "Invalid 'max_output_tokens': integer"),
        ({"temperature": 3}, "temperature", "Invalid 'temperature'"),
        (
            {"temperature": 1, "reasoning": THINK},
            "temperature",
            "Unsupported parameter: 'temperature' is not supported with this model.",
        ),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "Invalid value: 'huge'."),
        (
            {"model": "gpt-4.1", "reasoning": THINK},
            "reasoning.effort",
            "Unsupported parameter: 'reasoning.effort'",
        ),
        (
            {"model": "gpt-4.1", "include": ["reasoning.encrypted_content"]},
            "include",
            "Encrypted content is not supported with this model.",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "look"}}]},
            "tools[0].name",
            "Missing required parameter: 'tools[0].name'.",
        ),
        ({"tool_choice": "required"}, "tool_choice", "Tool choice 'required' must be"),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "look"}}},
            "tool_choice.name",
            "Missing required parameter: 'tool_choice.name'.",
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "name": "jump"}},
            "tool_choice",
            "Tool choice 'jump' not found in 'tools' parameter.",
        ),
        ({"text": {"format": {"type": "json_object"}}}, "input", "Response input messages must"),
        (
            {"text": {"format": {"type": "json_schema", "schema": {}}}},
            "text.format.name",
            "Missing required parameter: 'text.format.name'.",
        ),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0]", "Invalid value: 'tool'."),
        ({"input": [{"role": "user"}]}, "input[0].content", "Missing required parameter"),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "a"}]}]},
            "input[0].content[0]",
            "Invalid value: 'input_text'. Supported values are: 'output_text', 'refusal'.",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
            "input[0].content[0]",
            "Invalid value: 'text'.",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input[0].content[0].image_url",
            "Invalid 'input[0].content[0].image_url'.",
        ),
        ({"input": [{"type": "tool_result"}]}, "input[0]", "Invalid value: 'tool_result'."),
        ({"input": [CALL]}, "input", "No tool output found for function call call_1."),
        ({"input": [OUTPUT]}, "input", "No tool call found for function call output with call_id"),
        ({"input": [CALL | {"id": "call_1"}, OUTPUT]}, "input[0].id", "Invalid 'input[0].id'"),
        (
            {"input": [CALL | {"call_id": "c" * 65}]},
            "input[0].call_id",
            "Invalid 'input[0].call_id': string too long.",
        ),
        ({"input": [CALL | {"arguments": {}}]}, "input[0].arguments", "Missing required"),
        ({"input": [CALL, OUTPUT | {"output": None}]}, "input[1].output", "Missing required"),
        ({"input": ["Hello"]}, None, "the request has an unexpected shape"),
    ],
)
async def test_an_invalid_request_is_refused(simulator, body, param, message):
    """As by the real API: with status 400, the parameter and the reason."""
    error = await refusal(simulator, **body)
    assert error["message"].startswith(message)
    assert (error["status"], error["param"]) == (400, param)


async def test_nothing_is_stored(simulator):
    """An item cannot be referenced by its id."""
    error = await refusal(simulator, input=[{"type": "item_reference", "id": "rs_1"}])
    assert error["status"] == 404


async def test_models_and_keys_are_shared_with_chat_completions(simulator):
    """A wrong key is a 401, an unknown model a 404."""
    simulator.behave(fixed_models=True)
    error = await refusal(simulator, model="gpt-9")
    assert (error["status"], error["code"]) == (404, "model_not_found")
    assert (await post(simulator, {"authorization": "Bearer sk-no"})).status_code == 401


@pytest.mark.parametrize(
    ("error", "event", "code"),
    [
        ("quota", "error", "insufficient_quota"),
        ("server", "response.failed", "server_error"),
    ],
)
async def test_a_failed_stream_has_this_apis_format(simulator, error, event, code):
    """An error event or a failed response; nothing follows."""
    simulator.faults.add(Fault("stream_error", vendor="openai", error=error, after=1))
    received = await events(simulator)
    assert received[-1]["type"] == event
    found = (
        received[-1]["response"]["error"] if event == "response.failed" else received[-1]["error"]
    )
    assert found["code"] == code
    assert [e["delta"] for e in received if "delta" in e] == ["Hello"]


async def test_the_last_event_can_be_left_out(simulator):
    """The output is complete, but the end is missing."""
    simulator.faults.add(Fault("no_end_marker"))
    assert (await events(simulator))[-1]["type"] == "response.output_item.done"
