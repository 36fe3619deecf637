"""Anthropic's own SDK as reference for our decoder, over the same bytes, and for the simulator."""

import json
from collections.abc import Callable
from typing import TypeVar

import anthropic
import pytest
from anthropic.types import Message
from jiter import from_json

from aircherd.chat.replies.reply import Reply
from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.providers.anthropic.models import read_models
from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.testing.simulator import open_simulator
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage
from helpers.providers.provider_calls import a_provider, a_request, built_request, sent_body
from helpers.providers.sdk_judge import decode, in_thread, serve

T = TypeVar("T")
KEY = "sk-ant-made-up-0123456789"
ADAPTER = AnthropicMessages()


def event(kind: str, data: str) -> bytes:
    return f'event: {kind}\ndata: {{"type":"{kind}"{data}}}\n\n'.encode()


def start(usage: str = '"input_tokens":25,"output_tokens":1') -> bytes:
    return event(
        "message_start",
        ',"message":{"model":"claude-opus-5-5","id":"msg_01XFDUDYJgAACzvnptvVoYEL",'
        '"type":"message","role":"assistant","content":[],"stop_reason":null,'
        f'"stop_sequence":null,"stop_details":null,"usage":{{{usage}}}}}',
    )


def block(index: int, content: str, *deltas: str) -> bytes:
    begun = event("content_block_start", f',"index":{index},"content_block":{content}')
    # Padded, as the API does.
    pieces = [
        event("content_block_delta", f',"index":{index},"delta":{delta}       ') for delta in deltas
    ]
    return begun + b"".join(pieces) + event("content_block_stop", f',"index":{index} ')


def text(index: int, *prompt: str) -> bytes:
    deltas = [f'{{"type":"text_delta","text":{json.dumps(each)}}}' for each in prompt]
    return block(index, '{"type":"text","text":""}', *deltas)


def call(index: int, identity: str, *fragments: str) -> bytes:
    deltas = [
        f'{{"type":"input_json_delta","partial_json":{json.dumps(each)}}}' for each in fragments
    ]
    content = f'{{"type":"tool_use","id":"{identity}","name":"get_weather","input":{{}}}}'
    return block(index, content, *deltas)


def thought(index: int, signature: str, *prompt: str) -> bytes:
    deltas = [f'{{"type":"thinking_delta","thinking":{json.dumps(each)}}}' for each in prompt]
    signed = f'{{"type":"signature_delta","signature":"{signature}"}}'
    content = '{"type":"thinking","thinking":"","signature":""}'
    return block(index, content, *deltas, signed)


def server_call(index: int, name: str, *fragments: str, kind: str = "server_tool_use") -> bytes:
    deltas = [
        f'{{"type":"input_json_delta","partial_json":{json.dumps(each)}}}' for each in fragments
    ]
    more = ',"server_name":"s"' if kind == "mcp_tool_use" else ',"caller":{"type":"direct"}'
    content = f'{{"type":"{kind}","id":"srvtoolu_{index}","name":"{name}","input":{{}}{more}}}'
    return block(index, content, *deltas)


def server_result(index: int, kind: str, content: str, more: str = "") -> bytes:
    fields = f'"tool_use_id":"srvtoolu_{index - 1}","content":{content}{more}'
    return block(index, f'{{"type":"{kind}",{fields}}}')


def cited(index: int, citation: str, *prompt: str) -> bytes:
    deltas = [f'{{"type":"text_delta","text":{json.dumps(each)}}}' for each in prompt]
    source = f'{{"type":"citations_delta","citation":{citation}}}'
    return block(index, '{"citations":[],"type":"text","text":""}', *deltas, source)


def end(reason: str, usage: str = '"output_tokens":15', details: str = "null") -> bytes:
    delta = f'{{"stop_reason":"{reason}","stop_sequence":null,"stop_details":{details}}}'
    last = event("message_delta", f',"delta":{delta},"usage":{{{usage}}}')
    return last + event("message_stop", "       ")


PING = event("ping", "")
CACHED = (
    '"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":2048,'
    '"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":0},'
    '"output_tokens":4,"service_tier":"standard"'
)
CITED = (
    '{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x",'
    '"document_index":0,"document_title":null,"start_char_index":0,"end_char_index":1,'
    '"file_id":null}}'
)

PAGE = (
    '{"type":"page_location","cited_text":"The fox.","document_index":0,'
    '"document_title":"Foxes","start_page_number":3,"end_page_number":4,"file_id":null}'
)
TEXT_DELTA = '{"type":"text_delta","text":"Is that so?"}'
FOUND = (
    '[{"type":"web_search_result","title":"Foxes","url":"https://a.test/b",'
    '"encrypted_content":"EqgfCioIARgB","page_age":null}]'
)
FOUND_CITATION = (
    '{"type":"web_search_result_location","cited_text":"Foxes are red.",'
    '"url":"https://a.test/b","title":"Foxes","encrypted_index":"Eo8BCioIAhgB"}'
)
EARLY = event(
    "message_start",
    ',"message":{"model":"claude-opus-5-5","id":"msg_01","type":"message","role":"assistant",'
    '"content":[{"type":"server_tool_use","id":"srvtoolu_0","name":"code_execution",'
    '"input":{"code":"get_weather()"}},{"type":"tool_use","id":"toolu_01A","name":"get_weather","input":{"city":"Oslo"},'
    '"caller":{"type":"code_execution_20260120","tool_id":"srvtoolu_0"}}],'
    '"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,'
    '"usage":{"input_tokens":25,"output_tokens":1}}',
)

STREAMS = {
    "text": start(CACHED) + PING + text(0, "Hello", ", Łódź", " 🦀!", "") + end("end_turn"),
    "parallel calls": start()
    + text(0, "I look.")
    + PING
    + call(1, "toolu_01A", "", '{"city"', ': "Łódź"', ', "days": [1, 2', "]}")
    + call(2, "toolu_01B", "")
    + call(3, "toolu_01C", '{"city": "Wrocław", "exact": 1.50}')
    + end("tool_use", '"output_tokens":89'),
    "thinking": start()
    + thought(
        0, "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=", "Let me", " see …", "\n\n27 · 453"
    )
    + text(1, "12231")
    + end("end_turn", '"output_tokens":200,"output_tokens_details":{"thinking_tokens":181}'),
    "hidden thinking between calls": start()
    + thought(0, "EosnCkYICxIMMb3LzNrMu==")
    + call(1, "toolu_01A", '{"city":"Oslo"}')
    + thought(2, "EpoBCkYICxIMMb3LzNrMv==", "Oslo is known.")
    + call(3, "toolu_01B", "{}")
    + end("tool_use"),
    "redacted": start()
    + block(0, '{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5"}')
    + thought(1, "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGg==", "Then")
    + text(2, "Done.")
    + end("end_turn"),
    "max_tokens": start() + text(0, "One two") + end("max_tokens", '"output_tokens":2'),
    "max_tokens in a call": start()
    + call(0, "toolu_01A", '{"city": "Os')
    + end("max_tokens", '"output_tokens":9'),
    "refusal": start()
    + text(0, "I")
    + end(
        "refusal",
        details='{"type":"refusal","category":"cyber","explanation":"Not this."}',
    ),
    "stop sequence": start() + text(0, "One") + end("stop_sequence"),
    "paused": start() + text(0, "I search.") + end("pause_turn"),
    "citations": start()
    + block(
        0, '{"type":"text","text":"","citations":[]}', CITED, '{"type":"text_delta","text":"a"}'
    )
    + end("end_turn"),
    "a cited page": start()
    + cited(0, PAGE, "The fox", " is red.")
    + cited(1, PAGE, "It sleeps.")
    + block(2, '{"citations":[],"type":"text","text":""}', TEXT_DELTA)
    + end("end_turn"),
    "a web search": start()
    + text(0, "I search.")
    + server_call(1, "web_search", "", '{"query": "fo', 'xes"}')
    + server_result(2, "web_search_tool_result", FOUND, ',"caller":{"type":"direct"}')
    + text(3, "Found: ")
    + cited(4, FOUND_CITATION, "foxes")
    + end("end_turn"),
    "a failed search": start()
    + server_call(0, "web_search", '{"query":"x"}')
    + server_result(
        1,
        "web_search_tool_result",
        '{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}',
    )
    + text(2, "No.")
    + end("end_turn"),
    "code": start()
    + server_call(0, "bash_code_execution", '{"command":"ls"}')
    + server_result(
        1,
        "bash_code_execution_tool_result",
        '{"type":"bash_code_execution_result","stdout":"a\\n","stderr":"","return_code":0,'
        '"content":[{"type":"bash_code_execution_output","file_id":"f1"}]}',
    )
    + block(2, '{"type":"container_upload","file_id":"f2"}')
    + text(3, "Done.")
    + end("end_turn"),
    "paused in a search": start()
    + text(0, "I search.")
    + server_call(1, "web_search", '{"query":"x"}')
    + end("pause_turn"),
    "a call made by code": EARLY + end("tool_use"),
    "revised counts": start()
    + text(0, "a")
    + end("end_turn", '"input_tokens":30,"cache_read_input_tokens":5,"output_tokens":2'),
    "from the future": start()
    + event("something_new", ',"payload":{"a":[1]}')
    + text(0, "a")
    + end("end_turn", '"output_tokens":15,"new_tokens":{"x":1}'),
}
BETA_STREAMS = {
    "compaction": start()
    + block(
        0,
        '{"type":"compaction","content":null,"encrypted_content":null}',
        '{"type":"compaction_delta","content":"They spoke of foxes.","encrypted_content":"Eqg"}',
    )
    + end("compaction"),
    "MCP": start()
    + server_call(0, "look", '{"at"', ':"it"}', kind="mcp_tool_use")
    + server_result(1, "mcp_tool_result", '[{"type":"text","text":"a shoe"}]', ',"is_error":false')
    + text(2, "A shoe.")
    + end("end_turn"),
    "a fallback": start()
    + text(0, "I")
    + block(
        1,
        '{"type":"fallback","from":{"model":"claude-opus-5-5"},"to":{"model":"claude-sonnet-5"},'
        '"trigger":{"type":"refusal","category":null}}',
    )
    + text(2, "Here.")
    + end("end_turn"),
}
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
}


# ------------------------------------------------------------------ the two readings


def ask(url: str, read: Callable[[anthropic.Anthropic], T]) -> T:
    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0) as client:
        return read(client)


def streamed(client: anthropic.Anthropic) -> Message:
    messages = [{"role": "user", "content": "Hi"}]
    with client.messages.stream(model="claude-opus-5-5", max_tokens=9, messages=messages) as stream:
        return stream.get_final_message()


def theirs(message: Message) -> dict[str, object]:
    """Return what the SDK read of a reply, in our terms."""
    usage = message.usage
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    details = usage.output_tokens_details
    parts = [their_part(each) for each in message.content]
    if message.stop_details and message.stop_details.explanation:
        parts.append(("text", message.stop_details.explanation, []))
    return {
        "parts": parts,
        "finish": FINISHES[message.stop_reason],
        "model": message.model,
        "usage": Usage(
            usage.input_tokens + read + written,
            usage.output_tokens,
            read,
            written,
            details.thinking_tokens if details else 0,
        ),
    }


def their_part(block) -> object:
    fields = block.to_dict(mode="json")
    if block.type == "text":
        return "text", block.text, [without_nulls(each) for each in fields.get("citations") or ()]
    if block.type == "thinking":
        return "thinking", block.thinking, block.signature
    if block.type == "redacted_thinking":
        return "redacted", block.data
    if block.type == "tool_use":
        return "call", block.id, block.name, block.input, fields.get("caller")
    return "other", fields


def without_nulls(citation: dict[str, object]) -> dict[str, object]:
    """Return a citation without the null that the API sends and refuses."""
    return {name: value for name, value in citation.items() if (name, value) != ("file_id", None)}


def ours(events: list[ReplyEvent]) -> dict[str, object]:
    """Return what we read: through the collected message, and back as the adapter would send it."""
    reply = Reply()
    reply.add(events)
    assert isinstance(reply.ending, Ending)
    return {
        "parts": sent_again(reply),
        "finish": reply.ending.finish,
        "model": reply.ending.model,
        "usage": reply.ending.usage,
    }


def sent_again(reply: Reply) -> list[object]:
    said = reply.message("anthropic/m")
    for part in said["content"]:
        if part["type"] == "tool_call":
            # The SDK completes arguments that were cut off, with this parser.
            arguments = from_json(part["arguments"].encode(), partial_mode=True)
            part["arguments"] = json.dumps(arguments)
    request = a_request({"role": "user", "content": "Hi"}, said)
    call = built_request(ADAPTER, a_provider("anthropic"), request, Model(id="m"), None)
    return [our_part(each) for each in sent_body(call)["messages"][1]["content"]]


def our_part(block: dict[str, object]) -> object:
    kind = block["type"]
    if kind == "text":
        return "text", block["text"], block.get("citations", [])
    if kind == "thinking":
        return "thinking", block["thinking"], block["signature"]
    if kind == "redacted_thinking":
        return "redacted", block["data"]
    if kind == "tool_use":
        return "call", block["id"], block["name"], block["input"], block.get("caller")
    return "other", block


# ------------------------------------------------------------------ the tests


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_streams(stream: bytes) -> None:
    """Over the same bytes both read the same thinking, text, calls, finish and usage."""
    async with serve(stream) as server:
        message = await in_thread(lambda: ask(server.url, streamed))
        events = await decode(server.url, ADAPTER.reply_decoder())
    assert theirs(message) == ours(events)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_whole_replies(stream: bytes) -> None:
    """The message that the SDK collected, sent whole, is read like the stream."""
    async with serve(stream) as server:
        streamed_message = await in_thread(lambda: ask(server.url, streamed))
    body = streamed_message.to_json().encode()
    async with serve(body, content_type="application/json") as server:
        message = await in_thread(lambda: ask(server.url, unstreamed))
    assert theirs(message) == ours(read_whole(body))


def beta_streamed(client: anthropic.Anthropic):
    messages = [{"role": "user", "content": "Hi"}]
    with client.beta.messages.stream(
        model="claude-opus-5-5", max_tokens=9, messages=messages
    ) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("stream", BETA_STREAMS.values(), ids=list(BETA_STREAMS))
async def test_streams_in_beta(stream: bytes) -> None:
    """The blocks of betas go back as the SDK read them, and the model is the one that served."""
    async with serve(stream) as server:
        message = await in_thread(lambda: ask(server.url, beta_streamed))
        events = await decode(server.url, ADAPTER.reply_decoder())
    body = message.to_json().encode()
    assert theirs(message) == ours(events) == ours(read_whole(body))


def unstreamed(client: anthropic.Anthropic) -> Message:
    messages = [{"role": "user", "content": "Hi"}]
    return client.messages.create(model="claude-opus-5-5", max_tokens=9, messages=messages)


TOOLS = [{"name": "look", "input_schema": {"type": "object"}}]
SHOWN = {"type": "adaptive", "display": "summarized"}


def converse(client: anthropic.Anthropic) -> Message:
    """Think, call a tool, and send the thinking back with the result."""
    messages = [{"role": "user", "content": 'call look {"a": "ą"}'}]
    options = {"model": "claude-opus-5", "max_tokens": 99, "tools": TOOLS, "thinking": SHOWN}
    with client.messages.stream(messages=messages, **options) as stream:
        first = stream.get_final_message()
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    assert first.content[1].input == {"a": "ą"}
    result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "a shoe"}
    messages += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    return client.messages.create(messages=messages, **options)


async def test_the_simulator_converses_with_the_sdk() -> None:
    """Thinking, calls and results go through the SDK and back, streamed and whole."""
    async with open_simulator(accept={"anthropic": KEY}) as simulator:
        url = simulator.base_url("anthropic")
        message = await in_thread(lambda: ask(url, converse))
    assert message.content[1].text == "The tools answered: a shoe"


SEARCH = [{"type": "web_search_20260318", "name": "web_search"}]


def search(client: anthropic.Anthropic) -> list[Message]:
    """Search, and go on; then pause in a search, and continue it."""
    options = {"model": "claude-opus-5", "max_tokens": 99, "tools": SEARCH}
    messages = [{"role": "user", "content": "search foxes"}]
    with client.messages.stream(messages=messages, **options) as stream:
        found = stream.get_final_message()
    messages += [
        {"role": "assistant", "content": found.content},
        {"role": "user", "content": "so?"},
    ]
    then = client.messages.create(messages=messages, **options)
    messages = [{"role": "user", "content": "pause foxes"}]
    paused = client.messages.create(messages=messages, **options)
    messages.append({"role": "assistant", "content": paused.content})
    return [found, then, paused, client.messages.create(messages=messages, **options)]


async def test_the_simulator_searches_with_the_sdk() -> None:
    """A search, its source and a pause go through the SDK and back."""
    async with open_simulator(accept={"anthropic": KEY}) as simulator:
        url = simulator.base_url("anthropic")
        found, then, paused, gone_on = await in_thread(lambda: ask(url, search))
    assert found.content[-1].citations[0].url == "https://example.com/found"
    assert then.content[0].text == "so?"
    assert [block.type for block in paused.content] == ["server_tool_use"]
    assert gone_on.content[-1].text == "Found: foxes"


def listed(client: anthropic.Anthropic):
    return client.models.with_raw_response.list(limit=1000)


async def test_list_of_models() -> None:
    """The SDK and we read the same in the simulator's list of models."""
    async with open_simulator(accept={"anthropic": KEY}) as simulator:
        url = simulator.base_url("anthropic")
        answer = await in_thread(lambda: ask(url, listed))
    page = answer.parse()
    expected = [
        Model(
            id=each.id,
            name=each.display_name,
            window=each.max_input_tokens,
            max_output=each.max_tokens,
            images=each.capabilities.image_input.supported,
            documents=each.capabilities.pdf_input.supported,
            reasoning=each.capabilities.thinking.supported,
            json_schema=each.capabilities.structured_outputs.supported,
            sampling=False,
            released=f"{each.created_at:%Y-%m-%d}",
        )
        for each in page.data
    ]
    assert expected == read_models(answer.http_response.content)
    assert all(each.capabilities.thinking.types.adaptive.supported for each in page.data)
