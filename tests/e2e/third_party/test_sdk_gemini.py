"""Google's own SDK as reference for our decoder, over the same bytes, and for the simulator."""

import json
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from google import genai
from google.genai import types

from aircherd.chat.replies.reply import Reply
from aircherd.chat.request.origins import for_origin
from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.providers.gemini.reply import read_whole
from aircherd.testing.simulator import open_simulator
from aircherd.testing.simulator.script import FOUND_URL, PICTURE
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage
from helpers.providers.provider_calls import a_provider, a_request, built_request, sent_body
from helpers.providers.sdk_judge import decode, in_thread, serve

T = TypeVar("T")
KEY = "AIza-made-up-0123456789"
MODEL = "gemini-3.8-flash"
ADAPTER = GeminiContent()
Json = dict[str, object]


def chunk(*parts: Json, counts: Json | None = None, **candidate: object) -> bytes:
    body: Json = {
        "candidates": [
            {"content": {"parts": list(parts), "role": "model"}, "index": 0, **candidate}
        ],
        "usageMetadata": counts or {"promptTokenCount": 12, "totalTokenCount": 12},
        "modelVersion": MODEL,
        "responseId": "q7NvacPGN-2Hz7IPmPLj4Ac",
    }
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\r\n\r\n"


def call(name: str, args: Json, **fields: object) -> Json:
    return {"functionCall": {"name": name, "args": args, "id": f"call-{name}"}, **fields}


COUNTS: Json = {
    "promptTokenCount": 12,
    "cachedContentTokenCount": 4,
    "toolUsePromptTokenCount": 3,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 7,
    "totalTokenCount": 42,
}
GROUNDING: Json = {
    "webSearchQueries": ["łódź weather"],
    "searchEntryPoint": {"renderedContent": "<div>chips</div>"},
    "groundingChunks": [
        {"web": {"uri": "https://a.example/", "title": "A"}},
        {"web": {"uri": "https://b.example/", "title": "B"}},
    ],
    "groundingSupports": [
        {
            "segment": {"startIndex": 8, "endIndex": 12, "text": "🦀"},
            "groundingChunkIndices": [1],
            "confidenceScores": [0.9],
        }
    ],
}
SEARCH: Json = {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1"}
SIGNED: Json = {"text": "", "thoughtSignature": "AX4="}
BIG = {"city": "Łódź", "deep": [{"n": 1.5, "ok": True, "none": None}]}

STREAMS = {
    "text": chunk({"text": "Hello"}) + chunk({"text": ", Łódź 🦀"}, finishReason="STOP"),
    "thinking": chunk({"text": "Let me see", "thought": True})
    + chunk({"text": " …", "thought": True})
    + chunk({"text": "12"})
    + chunk({"text": "231"})
    + chunk(SIGNED, finishReason="STOP", counts=COUNTS),
    "parallel calls": chunk({"text": "I look."})
    + chunk(call("look", BIG, thoughtSignature="AX4="), call("ask", {}))
    + chunk({"text": ""}, finishReason="STOP", counts=COUNTS),
    "code": chunk({"text": "I compute."})
    + chunk(
        {
            "executableCode": {"language": "PYTHON", "code": "print(6*7)\n"},
            "thoughtSignature": "AX4=",
        }
    )
    + chunk({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}})
    + chunk({"text": "It is 42."}, finishReason="STOP"),
    "search": chunk(
        {"toolCall": {**SEARCH, "args": {"queries": ["x"]}}, "thoughtSignature": "AX4="}
    )
    + chunk({"toolResponse": {**SEARCH, "response": {"html": "<b>"}}})
    + chunk({"text": "Łódź "})
    + chunk({"text": "🦀 is"})
    + chunk(SIGNED, finishReason="STOP", groundingMetadata=GROUNDING),
    "picture": chunk({"text": "Here:"})
    + chunk(
        {"inlineData": {"mimeType": "image/png", "data": PICTURE}, "thoughtSignature": "AX4="},
        finishReason="STOP",
    ),
    "cut off": chunk({"text": "Hel"}, finishReason="MAX_TOKENS", counts=COUNTS),
}
FINISHES = {"STOP": "stop", "MAX_TOKENS": "length"}

# ------------------------------------------------------------------ both sides


def client_of(url: str) -> genai.Client:
    options = types.HttpOptions(base_url=url, api_version="v1beta")
    return genai.Client(api_key=KEY, vertexai=False, http_options=options)


def ask(url: str, asked: Callable[[genai.Client], T]) -> T:
    with client_of(url) as client:
        return asked(client)


def streamed(client: genai.Client) -> list[types.GenerateContentResponse]:
    return list(client.models.generate_content_stream(model=MODEL, contents="Hi"))


def unstreamed(client: genai.Client) -> list[types.GenerateContentResponse]:
    return [client.models.generate_content(model=MODEL, contents="Hi")]


def wire(value: object) -> object:
    """Return what the SDK read as the JSON that it would send."""
    dumped = value.model_dump_json(by_alias=True, exclude_none=True)  # type: ignore[attr-defined]
    return json.loads(dumped)


def standard_base64(part: Json) -> Json:
    """The SDK writes base64 for URLs, which the API takes too."""
    text = json.dumps(part)
    signature = part.get("thoughtSignature")
    changed = json.loads(text)
    if isinstance(signature, str):
        changed["thoughtSignature"] = signature.replace("-", "+").replace("_", "/")
    data = changed.get("inlineData")
    if isinstance(data, dict):
        data["data"] = data["data"].replace("-", "+").replace("_", "/")
    return changed


def joined(parts: list[Json]) -> list[Json]:
    """Join texts that follow each other; a signed one stays a part of its own."""
    out: list[Json] = []
    for part in parts:
        if part.keys() <= {"text", "thought"}:
            last = out[-1] if out else {}
            if last.keys() == part.keys():
                out[-1] = part | {"text": f"{last['text']}{part['text']}"}
                continue
            if not part["text"]:
                continue
        out.append(part)
    return out


def theirs(responses: list[types.GenerateContentResponse]) -> Json:
    """Return what the SDK read of a reply, in our terms."""
    candidates = [each.candidates[0] for each in responses if each.candidates]
    parts = [part for each in candidates if each.content for part in each.content.parts or ()]
    usage, last = responses[-1].usage_metadata, candidates[-1]
    assert usage is not None
    assert last.finish_reason is not None
    prompt = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
    thoughts = usage.thoughts_token_count or 0
    finish = FINISHES[last.finish_reason.value]
    calls = any(part.function_call for part in parts)
    return {
        "parts": joined([standard_base64(wire(part)) for part in parts]),  # type: ignore[arg-type]
        "finish": "tool_calls" if calls and finish == "stop" else finish,
        "model": responses[-1].model_version,
        "usage": Usage(
            prompt,
            (usage.candidates_token_count or 0) + thoughts,
            usage.cached_content_token_count or 0,
            0,
            thoughts,
        ),
        "grounding": wire(last.grounding_metadata) if last.grounding_metadata else None,
    }


def ours(events: list[ReplyEvent]) -> Json:
    """Return what we read: through the collected message, and back as the adapter would send it."""
    reply = Reply()
    reply.add(events)
    assert isinstance(reply.ending, Ending)
    said = reply.message("gemini/m")
    content = said["content"]
    assert isinstance(content, list)
    kept = [part["data"] for part in content if part.get("kind") == "groundingMetadata"]
    return {
        "parts": joined(sent_again(said)),
        "finish": reply.ending.finish,
        "model": reply.ending.model,
        "usage": reply.ending.usage,
        "grounding": json.loads(kept[0]) if kept else None,
    }


def sent_again(said: Json) -> list[Json]:
    request = for_origin(a_request({"role": "user", "content": "Hi"}, said), "gemini/m")
    body = sent_body(
        built_request(ADAPTER, a_provider("gemini"), request, Model(id="gemini-2.5-flash"), None)
    )
    contents = body["contents"]
    assert isinstance(contents, list)
    return contents[1]["parts"]  # type: ignore[no-any-return]


# ------------------------------------------------------------------ the tests


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_streams(stream: bytes) -> None:
    """Over the same bytes both read the same parts of every kind, finish, usage and sources."""
    async with serve(stream) as server:
        responses = await in_thread(lambda: ask(server.url, streamed))
        events = await decode(server.url, ADAPTER.reply_decoder())
    assert theirs(responses) == ours(events)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
async def test_whole_replies(stream: bytes) -> None:
    """The last event with all parts in it, sent whole, is read like the stream."""
    events = [json.loads(each.removeprefix(b"data: ")) for each in stream.split(b"\r\n\r\n")[:-1]]
    parts = [part for each in events for part in each["candidates"][0]["content"]["parts"]]
    events[-1]["candidates"][0]["content"]["parts"] = parts
    body = json.dumps(events[-1]).encode()
    async with serve(body, content_type="application/json") as server:
        responses = await in_thread(lambda: ask(server.url, unstreamed))
    assert theirs(responses) == ours(read_whole(body))


def test_places_of_sources() -> None:
    """They count characters, where Google counts bytes."""
    reply = Reply()
    decoder = ADAPTER.reply_decoder()
    reply.add([*decoder.feed(STREAMS["search"]), *decoder.close()])
    content = reply.message("gemini/m")["content"]
    assert isinstance(content, list)
    cited = next(part["citations"] for part in content if part["type"] == "text")
    assert [msgspec.convert(each, Citation) for each in cited] == [
        Citation(url="https://b.example/", title="B", start=5, end=6),
        Citation(url="https://a.example/", title="A"),
    ]


LOOK = types.FunctionDeclaration(
    name="look",
    parameters_json_schema={"type": "object", "properties": {"at": {"type": "string"}}},
)
CONFIG = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[LOOK], google_search=types.GoogleSearch())],
    tool_config=types.ToolConfig(include_server_side_tool_invocations=True),
    thinking_config=types.ThinkingConfig(include_thoughts=True),
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


def converse(client: genai.Client) -> list[str]:
    """Search, call a tool, and send everything back, in a chat of the SDK."""
    chat = client.chats.create(model=MODEL, config=CONFIG)
    found = list(chat.send_message_stream("search foxes"))[-1]
    assert found.candidates is not None
    grounding = found.candidates[0].grounding_metadata
    assert grounding is not None
    assert grounding.grounding_chunks is not None
    assert grounding.grounding_chunks[0].web is not None
    [called] = chat.send_message('call look {"at": "ą"}').function_calls or ()
    assert called.args == {"at": "ą"}
    result = types.Part.from_function_response(name="look", response={"output": "a shoe"})
    assert result.function_response is not None
    result.function_response.id = called.id
    last = chat.send_message(result)
    return [grounding.grounding_chunks[0].web.uri or "", last.text or ""]


async def test_the_simulator_converses_with_the_sdk() -> None:
    """Searches, thinking, calls and results go through the SDK and back, streamed and whole."""
    async with open_simulator(accept={"gemini": KEY}) as simulator:
        url = simulator.base_url("gemini").removesuffix("/v1beta")
        answers = await in_thread(lambda: ask(url, converse))
    assert answers == [FOUND_URL, "The tools answered: a shoe"]
