"""OpenAI's own SDK as reference for the Responses API: for our decoder and for the simulator."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import openai
import pytest
from openai.types.responses import Response

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.testing.simulator import Fault, open_simulator
from aircherd.testing.simulator.script import PICTURE
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    built_request,
    run_decoder,
    sent_body,
)
from helpers.providers.responses.streams import (
    ITEMS,
    NOTE,
    STREAMS,
    Meaning,
    cited,
    custom_call,
    hosted,
    message,
    refusal,
    stream,
)
from helpers.providers.sdk_judge import decode, in_thread, serve

T = TypeVar("T")
KEY = "sk-made-up-0123456789"
ADAPTER = OpenAIResponses()
FINISHES = {None: "stop", "max_output_tokens": "length", "content_filter": "content_filter"}
ENDED = [name for name in STREAMS if name != "failed"]
CONTENT = {"reasoning": "thinking", "text": "text", "tool_call": "calls"}


def with_sdk(url: str, use: Callable[[openai.OpenAI], T]) -> Callable[[], T]:
    """Return a call of `use` with an SDK client of that server, which does not retry."""

    def call() -> T:
        http = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(api_key=KEY, base_url=url, max_retries=0, http_client=http) as client:
            return use(client)

    return call


def streamed(client: openai.OpenAI, **request: object) -> Response:
    """Return the response at a stream's end, as the SDK assembles it."""
    options = {"model": "m", "input": "Hi", **request}
    with client.responses.stream(**options) as events:
        for event in events:
            if event.type in ("response.completed", "response.incomplete", "response.failed"):
                return event.response
    raise AssertionError("it did not end")


def sdk_meaning(response: Response) -> Meaning:
    """Return what the SDK understood."""
    summaries = [item.summary for item in response.output if item.type == "reasoning"]
    calls = [item for item in response.output if item.type == "function_call"]
    details, usage, counts = response.incomplete_details, response.usage, None
    if usage is not None:
        read, more = usage.input_tokens_details, usage.output_tokens_details
        counts = (usage.input_tokens, usage.output_tokens, read.cached_tokens)
        counts += (read.cache_write_tokens, more.reasoning_tokens)
    return Meaning(
        text=response.output_text,
        thinking="\n\n".join(part.text for summary in summaries for part in summary),
        calls=[(call.call_id, call.name, call.arguments) for call in calls],
        ending=str(response.status),
        reason=details.reason if details else response.error and response.error.code,
        usage=counts,
    )


def collected(events: list[ReplyEvent]) -> tuple[list[dict[str, object]], Ending]:
    """Return the parts that our client would get, and the ending."""
    reply = Reply()
    reply.add(events)
    assert reply.ending is not None
    content = reply.message("openai/m")["content"]
    assert isinstance(content, list)
    return content, reply.ending


def texts(content: list[dict[str, object]], kind: str) -> str:
    return "".join(str(part["text"]) for part in content if part["type"] == kind)


def assert_means(events: list[ReplyEvent], meaning: Meaning) -> None:
    """Check that our events have the given meaning."""
    content, ending = collected(events)
    calls = [
        (part["id"], part["name"], part["arguments"])
        for part in content
        if part["type"] == "tool_call"
    ]
    assert meaning.text == texts(content, "text")
    assert meaning.thinking == texts(content, "reasoning")
    assert meaning.calls == calls
    assert ending.finish == ("tool_calls" if calls else FINISHES[meaning.reason])
    assert meaning.usage is not None
    assert ending.usage == Usage(*meaning.usage)


# ------------------------------------------------------------------ the same bytes for both


@pytest.mark.parametrize("name", ENDED)
async def test_a_stream_means_the_same_to_both(name: str) -> None:
    """Text, calls, summary, ending and counts are the same over real HTTP."""
    data, meaning = STREAMS[name]
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        ours = await decode(server.url, ResponsesStream())
    assert sdk_meaning(theirs) == meaning
    assert_means(ours, meaning)


@pytest.mark.parametrize("name", ENDED)
async def test_a_response_in_one_piece_means_the_same_to_both(name: str) -> None:
    """The same for the response at the stream's end, sent whole."""
    data, meaning = STREAMS[name]
    last = msgspec.json.decode(data.rpartition(b"data: ")[2])
    body = msgspec.json.encode(last["response"])
    async with serve(body, content_type="application/json") as server:
        ask = with_sdk(server.url, lambda client: client.responses.create(model="m", input="Hi"))
        theirs = await in_thread(ask)
    assert sdk_meaning(theirs) == meaning
    assert_means(read_whole(body), meaning)


async def test_the_raw_events_add_up_to_ours() -> None:
    """Every piece that the SDK yields is one of our events."""
    data, _ = STREAMS["reasoning"]

    def pieces(client: openai.OpenAI) -> list[str]:
        events = client.responses.create(model="m", input="Hi", stream=True)
        return [event.delta for event in events if event.type.endswith("text.delta")]

    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, pieces))
        ours = await decode(server.url, ResponsesStream())
    assert theirs == [event.text.strip("\n") for event in ours if getattr(event, "text", "")]


async def test_a_failed_stream_fails_for_both() -> None:
    """The SDK's failed response is our failure, with the vendor's message."""
    data, meaning = STREAMS["failed"]
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        ours, failure = run_decoder(ResponsesStream(), [data])
    assert (theirs.status, theirs.error and theirs.error.code) == (meaning.ending, meaning.reason)
    assert texts(collected([*ours, Ending("stop")])[0], "text") == meaning.text
    assert failure is not None
    assert theirs.error is not None
    assert theirs.error.message in failure.message


async def test_an_error_event_fails_for_both() -> None:
    """Where the SDK raises for an `error` event, we fail."""
    error = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "Pay first."}
    data = stream(message(0, "one")[:3], ending={"type": "error", "error": error})
    async with serve(data) as server:
        with pytest.raises(openai.APIError, match=r"Pay first\."):
            await in_thread(with_sdk(server.url, streamed))
        with pytest.raises(ProviderFailed, match=r"Pay first\."):
            await decode(server.url, ResponsesStream())


async def test_a_refusal_is_read_by_both() -> None:
    """The SDK has it next to the text, we have it as text of a refused reply."""
    data = stream(refusal(0, "I'm sorry", "."))
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        content, ending = collected(await decode(server.url, ResponsesStream()))
    assert theirs.output[0].content[0].refusal == texts(content, "text") == "I'm sorry."
    assert ending.finish == "refusal"


@pytest.mark.parametrize("kind", ITEMS)
async def test_an_item_without_a_word_of_ours_is_the_sdks(kind: str) -> None:
    """It is in its place, and goes back as a user of the SDK would send it."""
    data = stream(hosted(0, ITEMS[kind], "in_progress", "completed"), message(1, "Found."))
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        content, _ = collected(await decode(server.url, ResponsesStream()))
    assert [part["type"] for part in content] == ["other", "text"]
    assert content[0]["kind"] == kind == theirs.output[0].type
    sent = theirs.output[0].model_dump(exclude_unset=True, by_alias=True)
    assert msgspec.json.decode(str(content[0]["data"])) == sent
    request = a_request({"role": "assistant", "content": content})
    body = sent_body(built_request(ADAPTER, a_provider(), request, Model(id="m"), None))
    assert isinstance(body["input"], list)
    assert body["input"][0] == sent


async def test_citations_and_custom_calls_are_the_sdks() -> None:
    """The text of a source, and the input of a custom tool."""
    data = stream(cited(0, "Foxes", NOTE), custom_call(1, "call_c", "sh", "ls ", "-l"))
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        content, ending = collected(await decode(server.url, ResponsesStream()))
    annotation = theirs.output[0].content[0].annotations[0]
    [citation] = content[0]["citations"]
    assert (citation["url"], citation["title"]) == (annotation.url, annotation.title)
    assert (citation["start"], citation["end"]) == (annotation.start_index, annotation.end_index)
    call = theirs.output[1]
    assert content[1]["arguments"] == call.input == "ls -l"
    assert (content[1]["id"], content[1]["custom"]) == (call.call_id, True)
    assert ending.finish == "tool_calls"


async def test_a_picture_is_the_sdks() -> None:
    """It goes back in the item that it came in."""
    item = {
        "id": "ig_0",
        "type": "image_generation_call",
        "status": "completed",
        "output_format": "png",
        "result": PICTURE,
    }
    data = stream(hosted(0, item, "in_progress", "generating", "completed"))
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        content, _ = collected(await decode(server.url, ResponsesStream()))
    assert content[0]["data"] == theirs.output[0].result
    request = a_request({"role": "assistant", "content": content})
    body = sent_body(built_request(ADAPTER, a_provider(), request, Model(id="m"), None))
    assert body["input"] == [theirs.output[0].model_dump(exclude_unset=True)]


async def test_a_reasoning_item_goes_back_as_the_sdk_has_it() -> None:
    """We send back what a user of the SDK would: `input += response.output`."""
    data, _ = STREAMS["reasoning"]
    async with serve(data) as server:
        theirs = await in_thread(with_sdk(server.url, streamed))
        content, _ = collected(await decode(server.url, ResponsesStream()))
    request = a_request({"role": "assistant", "content": content})
    sent = sent_body(built_request(ADAPTER, a_provider(), request, Model(id="m"), None))["input"]
    assert isinstance(sent, list)
    assert sent[0] == theirs.output[0].model_dump(exclude_unset=True)


# ------------------------------------------------------------------ the simulator


TOOLS = [
    {"type": "function", "name": name, "parameters": {"type": "object"}, "strict": False}
    for name in ("look", "ask")
]
REQUESTS = [
    {"input": "Hello big world"},
    {"input": "count 40", "max_output_tokens": 16},
    {"input": 'say Let me see.; call look {"at": "sky"} and ask {}', "tools": TOOLS},
    {"input": "Hello", "reasoning": {"effort": "low", "summary": "auto"}},
    {"input": "search foxes", "tools": [{"type": "web_search"}]},
]


def without_ids(meaning: Meaning) -> Meaning:
    """Return `meaning` without what differs between requests."""
    calls = [("", name, arguments) for _, name, arguments in meaning.calls]
    return msgspec.structs.replace(meaning, calls=calls)


@pytest.mark.parametrize("options", REQUESTS)
async def test_the_simulator_speaks_to_the_sdk(options: dict[str, object]) -> None:
    """The SDK and we understand the same, streamed and whole."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        url = sim.base_url("openai")
        live = await in_thread(with_sdk(url, lambda client: streamed(client, **options)))
        create = {"model": "m", **options}
        whole = await in_thread(with_sdk(url, lambda client: client.responses.create(**create)))
    assert without_ids(sdk_meaning(live)) == without_ids(sdk_meaning(whole))
    assert_means(read_whole(whole.model_dump_json().encode()), sdk_meaning(whole))


async def test_the_simulator_takes_back_what_the_sdk_got() -> None:
    """A turn with thinking and a call goes back unchanged, and continues."""

    def converse(client: openai.OpenAI) -> str:
        options = {"model": "m", "tools": TOOLS, "reasoning": {"effort": "low"}, "store": False}
        items: list[object] = [{"role": "user", "content": "call look {}"}]
        first = client.responses.create(input=items, **options)
        items += first.output
        call = first.output[-1]
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": "a shoe"})
        return client.responses.create(input=items, **options).output_text

    async with open_simulator(accept={"openai": KEY}) as sim:
        said = await in_thread(with_sdk(sim.base_url("openai"), converse))
    assert said == "The tools answered: a shoe"


@pytest.mark.parametrize(("error", "status"), [("quota", "error"), ("server", "failed")])
async def test_the_simulators_failures_fail_for_the_sdk(error: str, status: str) -> None:
    """An `error` event raises; a failed response is one."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        sim.faults.add(Fault("stream_error", vendor="openai", error=error, after=1))
        ask = with_sdk(sim.base_url("openai"), streamed)
        if status == "error":
            with pytest.raises(openai.APIError, match="quota"):
                await in_thread(ask)
        else:
            assert (await in_thread(ask)).status == status
