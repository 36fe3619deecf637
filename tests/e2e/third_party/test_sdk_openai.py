"""OpenAI's own SDK as reference for our decoder, over the same bytes, and for the simulator."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import openai
import pytest
from openai.types.chat import ChatCompletion

from aircherd.chat.replies.reply import Reply
from aircherd.providers.chat_completions.models import read_models
from aircherd.providers.chat_completions.reply import read_whole
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.testing.simulator import open_simulator
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, ToolCallDelta, Usage
from helpers.providers.provider_calls import a_provider, a_request, built_request, sent_body
from helpers.providers.sdk_judge import decode, in_thread, serve

T = TypeVar("T")
KEY = "sk-made-up-0123456789"
ADAPTER = OpenAIChat()
HEAD = (
    '"id":"chatcmpl-CBdCqVJbpQ3Yy","object":"chat.completion.chunk","created":1790000000,'
    '"model":"gpt-5.5-2026-04-23","service_tier":"default","system_fingerprint":"fp_5135ula704"'
)


def chunk(
    delta: str, finish: str = "null", *, index: int = 0, rest: str = ',"usage":null'
) -> bytes:
    choice = f'{{"index":{index},"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}'
    pad = ',"obfuscation":"Qz7d4hWn"'
    return f'data: {{{HEAD},"choices":[{choice}]{rest}{pad}}}\n\n'.encode()


def usage(counts: str) -> bytes:
    return f'data: {{{HEAD},"choices":[],"usage":{{{counts}}},"obfuscation":""}}\n\n'.encode()


def said(*expected: str) -> bytes:
    return b"".join(chunk(f'"content":{json.dumps(word)}') for word in expected)


def called(*calls: str) -> bytes:
    return chunk(f'"tool_calls":[{",".join(calls)}]')


def opened(index: int, identity: str, name: str) -> str:
    function = f'{{"name":"{name}","arguments":""}}'
    return f'{{"index":{index},"id":"{identity}","type":"function","function":{function}}}'


def argued(index: int, fragment: str) -> str:
    return f'{{"index":{index},"function":{{"arguments":{json.dumps(fragment)}}}}}'


ROLE = chunk('"role":"assistant","content":"","refusal":null')
CALLER = chunk('"role":"assistant","content":null')
COUNTS = usage(
    '"prompt_tokens":19,"completion_tokens":60,"total_tokens":79,'
    '"prompt_tokens_details":{"cached_tokens":16,"cache_write_tokens":3,"audio_tokens":0},'
    '"completion_tokens_details":{"reasoning_tokens":50,"audio_tokens":0,'
    '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}'
)
DONE = b"data: [DONE]\n\n"

PAGE = '{"url":"https://h/a","title":"A","start_index":0,"end_index":5}'

STREAMS = {
    "text": ROLE + said("Hello", ", Łódź", " 🦀!", "") + chunk("", '"stop"') + COUNTS + DONE,
    "no usage": ROLE + said("Hello") + chunk("", '"stop"', rest="") + DONE,
    "plain usage": ROLE
    + said("Hello")
    + chunk("", '"stop"')
    + usage('"prompt_tokens":1,"completion_tokens":2,"total_tokens":3')
    + DONE,
    "one call": CALLER
    + called(opened(0, "call_A", "get_weather"))
    + called(argued(0, '{"city"'))
    + called(argued(0, ': "Łódź", "days": [1, 2]}'))
    + chunk("", '"tool_calls"')
    + COUNTS
    + DONE,
    "text and a call without arguments": ROLE
    + said("I look.")
    + called(opened(0, "call_A", "look"))
    + called(argued(0, "{}"))
    + chunk("", '"tool_calls"')
    + DONE,
    "parallel calls in turn": CALLER
    + called(opened(0, "call_A", "get_weather"))
    + called(argued(0, '{"city": "Oslo"}'))
    + called(opened(1, "call_B", "get_time"))
    + called(argued(1, "{}"))
    + chunk("", '"tool_calls"')
    + COUNTS
    + DONE,
    "parallel calls interleaved": CALLER
    + called(opened(0, "call_A", "get_weather"), opened(1, "call_B", "get_weather"))
    + called(argued(1, '{"city": "Wro'), argued(0, '{"city": '))
    + called(argued(0, '"Oslo"}'))
    + called(argued(1, 'cław"}'))
    + called(opened(2, "call_C", "get_time"), argued(2, "{}"))
    + chunk("", '"tool_calls"')
    + COUNTS
    + DONE,
    "refusal": chunk('"role":"assistant","content":null,"refusal":""')
    + chunk('"refusal":"I cannot"')
    + chunk('"refusal":" do that."')
    + chunk("", '"stop"')
    + COUNTS
    + DONE,
    "length": ROLE + said("One two") + chunk("", '"length"') + COUNTS + DONE,
    "length in a call": CALLER
    + called(opened(0, "call_A", "get_weather"))
    + called(argued(0, '{"city": "Os'))
    + chunk("", '"length"')
    + DONE,
    "content filter": ROLE + said("I") + chunk("", '"content_filter"') + COUNTS + DONE,
    "finish with the last words": ROLE + chunk('"content":"Bye."', '"stop"') + DONE,
    "comments and other line ends": (
        b": keep-alive\n\n" + (ROLE + said("a\r\nb") + chunk("", '"stop"') + DONE)
    ).replace(b"\n", b"\r\n"),
    "sources": ROLE
    + said("Hello")
    + chunk(f'"annotations":[{{"type":"url_citation","url_citation":{PAGE}}}]')
    + chunk("", '"stop"')
    + DONE,
    "sound": chunk('"role":"assistant","content":null,"refusal":null')
    + chunk('"audio":{"id":"audio_1"}')
    + chunk('"audio":{"transcript":"hi "}')
    + chunk('"audio":{"data":"AAE=","transcript":"you"}')
    + chunk('"audio":{"data":"AgM="}')
    + chunk("", '"stop"')
    + chunk('"audio":{"expires_at":1790003600}')
    + COUNTS
    + DONE,
    "from the future": ROLE
    + chunk('"content":"a","annotations":[{"type":"new"}],"x":{"y":1}')
    + chunk("", '"stop"', rest=',"moderation":{"a":[]}')
    + DONE,
}


# ------------------------------------------------------------------ the two readings


def ask(url: str, read: Callable[[openai.OpenAI], T]) -> T:
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        return read(client)


MESSAGES: Any = [{"role": "user", "content": "Hi"}]


def streamed(client: openai.OpenAI) -> ChatCompletion:
    with client.chat.completions.stream(model="gpt-5.5", messages=MESSAGES) as stream:
        try:
            return stream.get_final_completion()
        except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError) as error:
            # The helper raises for these; the error has what it had collected.
            return error.completion


def unstreamed(client: openai.OpenAI) -> ChatCompletion:
    return client.chat.completions.create(model="gpt-5.5", messages=MESSAGES)


def theirs(completion: ChatCompletion) -> dict[str, object]:
    """Return what the SDK read of a reply, in our terms."""
    choice = completion.choices[0]
    message = choice.message
    calls = message.tool_calls or []
    return {
        "text": (message.content or "") + (message.refusal or ""),
        "calls": [
            (call.id, call.function.name, as_object(call.function.arguments)) for call in calls
        ],
        "finish": "refusal" if message.refusal else choice.finish_reason,
        "sources": their_sources(message),
        "sound": their_sound(message),
        "model": completion.model,
        "usage": their_usage(completion),
    }


def as_object(arguments: str) -> str:
    """Return arguments as they are sent again: what was cut off is repaired."""
    try:
        json.loads(arguments)
    except ValueError:
        return json.dumps({"arguments": arguments}, separators=(",", ":"))
    return arguments


def their_sources(message: Any) -> list[tuple[object, ...]]:
    found = message.to_dict().get("annotations") or []
    cited = [each["url_citation"] for each in found if each["type"] == "url_citation"]
    return [(each["url"], each["title"], each["start_index"], each["end_index"]) for each in cited]


def their_sound(message: Any) -> tuple[object, ...] | None:
    """Return id and transcript; the SDK joins the pieces of base64 as text."""
    audio = message.to_dict().get("audio")
    return audio and (audio["id"], audio["transcript"])


def their_usage(completion: ChatCompletion) -> Usage | None:
    usage = completion.usage
    if usage is None:
        return None
    prompt, output = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        usage.prompt_tokens,
        usage.completion_tokens,
        (prompt.cached_tokens or 0) if prompt else 0,
        (prompt.cache_write_tokens or 0) if prompt else 0,
        (output.reasoning_tokens or 0) if output else 0,
    )


def ours(events: list[ReplyEvent]) -> dict[str, object]:
    """Return what we read, collected, and as the adapter would send it again."""
    reply = Reply()
    reply.add(events)
    assert isinstance(reply.ending, Ending)
    request = a_request({"role": "user", "content": "Hi"}, reply.message("openai/m"))
    call = built_request(ADAPTER, a_provider(), request, Model(id="m"), None)
    again: Any = sent_body(call)["messages"]
    content = again[1]["content"] or ""
    if isinstance(content, list):
        content = "".join(part.get("text") or part["refusal"] for part in content)
    calls = [(each["id"], each["function"]) for each in again[1].get("tool_calls", [])]
    parts: Any = reply.message("openai/m")["content"]
    cited = [each for part in parts for each in part.get("citations", ())]
    names = ("url", "title", "start", "end")
    sounds = [part for part in parts if part["type"] == "audio"]
    heard = [(again[1]["audio"]["id"], part["transcript"]) for part in sounds]
    return {
        "text": content,
        "calls": [(identity, each["name"], each["arguments"]) for identity, each in calls],
        "sources": [tuple(each.get(name) for name in names) for each in cited],
        "sound": next(iter(heard), None),
        "finish": reply.ending.finish,
        "model": reply.ending.model,
        "usage": reply.ending.usage,
    }


# ------------------------------------------------------------------ the tests


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_streams(stream: bytes) -> None:
    """Over the same bytes both read the same text, calls, finish, model and usage."""
    async with serve(stream) as server:
        completion = await in_thread(lambda: ask(server.url, streamed))
        events = await decode(server.url, ADAPTER.reply_decoder())
    assert theirs(completion) == ours(events)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_whole_replies(stream: bytes) -> None:
    """The completion that the SDK collected, sent whole, is read like the stream."""
    async with serve(stream) as server:
        gathered = await in_thread(lambda: ask(server.url, streamed))
    body = gathered.to_json(exclude_unset=False).encode()
    async with serve(body, content_type="application/json") as server:
        completion = await in_thread(lambda: ask(server.url, unstreamed))
    assert theirs(completion) == ours(read_whole(body))


CUSTOM = b"""{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,
"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[{"id":
"c","type":"custom","custom":{"name":"note","input":"{half"}}]},"finish_reason":"tool_calls"}]}"""


async def test_custom_calls() -> None:
    """The SDK and we read the same call of a custom tool."""
    async with serve(CUSTOM, content_type="application/json") as server:
        completion = await in_thread(lambda: ask(server.url, unstreamed))
    [call] = completion.choices[0].message.tool_calls or []
    assert call.type == "custom"
    first, _ = read_whole(CUSTOM)
    assert first == ToolCallDelta(0, call.id, call.custom.name, call.custom.input, custom=True)


async def test_an_error_inside_a_stream_is_one_for_both() -> None:
    """Where the SDK raises, we fail, after the same text."""
    error = b'data: {"error":{"message":"overloaded","type":"server_error","code":null}}\n\n'
    async with serve(ROLE + said("a") + error) as server:
        with pytest.raises(openai.APIError, match="overloaded"):
            await in_thread(lambda: ask(server.url, streamed))
        with pytest.raises(Exception, match="overloaded"):
            await decode(server.url, ADAPTER.reply_decoder())


# ------------------------------------------------------------------ the simulator


TOOLS: Any = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}


def converse(client: openai.OpenAI) -> str | None:
    """Call a tool with thinking, and send its result."""
    messages: Any = [{"role": "user", "content": 'call look {"a": "ą"}'}]
    options: Any = {"model": "gpt-5.5", "tools": TOOLS, "reasoning_effort": "low"}
    with client.chat.completions.stream(messages=messages, **options) as stream:
        first = stream.get_final_completion().choices[0].message
    (call,) = first.tool_calls or []
    assert json.loads(call.function.arguments) == {"a": "ą"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "a shoe"}
    messages += [first.to_dict(), result]
    answer = client.chat.completions.create(messages=messages, **options)
    return answer.choices[0].message.content


def see(client: openai.OpenAI) -> str | None:
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "?"}, PICTURE]}]
    answer = client.chat.completions.create(model="gpt-5.5", messages=messages)
    return answer.choices[0].message.content


@pytest.mark.parametrize(
    ("vendor", "read", "said"),
    [
        ("openai", converse, "The tools answered: a shoe"),
        ("openrouter", see, "I see 1: image/png"),
        ("openai", see, "I see 1: image/png"),
    ],
)
async def test_the_simulator_converses_with_the_sdk(
    vendor: str, read: Callable[[openai.OpenAI], str | None], said: str
) -> None:
    """Calls, results and images go through the SDK and back."""
    async with open_simulator(accept={vendor: KEY}) as simulator:
        url = simulator.base_url(vendor)
        assert said == await in_thread(lambda: ask(url, read))


def listed(client: openai.OpenAI):
    return client.models.with_raw_response.list()


async def test_list_of_models() -> None:
    """The SDK and we read the same in the simulator's list of models."""
    async with open_simulator(accept={"openai": KEY}) as simulator:
        url = simulator.base_url("openai")
        answer = await in_thread(lambda: ask(url, listed))
    expected = [Model(id=each.id, released=_utc_day(each.created)) for each in answer.parse().data]
    assert expected == read_models(answer.http_response.content)
    assert expected


def _utc_day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
