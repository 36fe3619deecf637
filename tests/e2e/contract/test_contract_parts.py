"""The contract of all adapters for files, hosted tools, opaque parts, and pictures and sound.

`helpers.providers.contract_apis` says in `lacks_parts` what an API cannot do, with the message that
refuses it before anything is sent, and in `never` what its models do not do.
"""

import base64
import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from aircherd.chat.request.origins import for_origin
from aircherd.testing.simulator.script import FOUND_TITLE, FOUND_URL, PICTURE, SOUND
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.contract import Bench
from helpers.providers.contract_apis import APIS, PARTS
from helpers.providers.provider_calls import a_request
from helpers.providers.talking import TOOL, ChatOutcome, Map, result, user

BOTH = pytest.mark.parametrize("stream", [True, False])
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n").decode()
PAPER: Map = {"type": "document", "media_type": "application/pdf", "data": PDF, "name": "a.pdf"}
LINKED: Map = {"type": "document", "url": "https://host/a.pdf"}
NOTES: Map = {
    "type": "document",
    "media_type": "text/plain",
    "data": base64.b64encode(b"the red fox").decode(),
    "name": "notes.txt",
}
TUNE: Map = {"type": "audio", "media_type": "audio/wav", "data": SOUND}
CLOSED = (
    '{"type":"object","properties":{"at":{"type":"string"}},"required":["at"],'
    '"additionalProperties":false}'
)
STRICT: Map = {"name": "look", "parameters": CLOSED, "strict": True}
NOTE: Map = {"type": "custom", "name": "note"}
SEARCH: Map = {"type": "web_search"}

Chat = Callable[[], Awaitable[ChatOutcome]]


async def carries(bench: Bench, ability: str, chat: Chat, *, before: int = 0) -> ChatOutcome | None:
    """Return what the chat brings, None if the API lacks the ability and says so by name.

    `before` is the number of requests that the server got before.
    """
    assert ability in PARTS
    if ability in bench.api.never:
        pytest.skip("its models never do it")
    outcome = await chat()
    lack = bench.api.lacks_parts.get(ability)
    if lack is None:
        assert outcome.failure is None, outcome.failure
        return outcome
    assert outcome.failure is not None
    assert (outcome.failure.kind, len(bench.sim.requests)) == (FailureClass.UNSUPPORTED, before)
    assert lack in outcome.failure.message
    return None


def test_every_lack_is_an_ability() -> None:
    """Every name in the table is tested here."""
    tables = [(api.lacks_parts.keys(), api.never) for api in APIS.values()]
    assert set().union(*(each for table in tables for each in table)) <= PARTS


# ------------------------------------------------------------------ what is sent


@pytest.mark.parametrize(
    ("ability", "part", "seen"),
    [
        ("pdf", PAPER, "application/pdf"),
        ("pdf by url", LINKED, "https://host/a.pdf"),
        ("sound", TUNE, "audio/wav"),
    ],
)
async def test_file(bench: Bench, ability: str, part: Map, seen: str) -> None:
    """A file reaches the model together with the text."""
    outcome = await carries(bench, ability, lambda: bench.try_to_ask(user("what is it?", part)))
    if outcome:
        assert outcome.text == f"I see 1: {seen}"
        assert "what is it?" in bench.last_body


async def test_text_file(bench: Bench) -> None:
    """A text file reaches the model with its name, as a document or as text."""
    outcome = await carries(bench, "text file", lambda: bench.try_to_ask(user("what?", NOTES)))
    if outcome:
        assert outcome.finish == "stop"
        for text in ("what?", "notes.txt"):
            assert text in bench.last_body
        assert "the red fox" in bench.last_body or str(NOTES["data"]) in bench.last_body


async def test_document_from_a_tool(bench: Bench) -> None:
    """A PDF in a tool result arrives with the text beside it."""
    question = 'call look {"at": "it"}'
    first = await bench.ask(question, tools=[TOOL])
    [call] = first.of("tool_call")
    answer = user(result(call, [{"type": "text", "text": "see there"}, PAPER]))
    outcome = await carries(
        bench,
        "pdf from a tool",
        lambda: bench.try_to_ask(question, first.message, answer, tools=[TOOL]),
        before=1,
    )
    if outcome:
        assert outcome.finish == "stop"
        assert "see there" in bench.last_body
        assert PDF in bench.last_body


@BOTH
@pytest.mark.parametrize("mark", [True, "1h"])
async def test_cache_mark(bench: Bench, mark: object, stream: bool) -> None:
    """A mark is sent and counted, or ignored by an API that caches by itself."""
    marked = user({"type": "text", "text": "one two", "cache": mark}, "three")
    outcome = await carries(bench, "cache mark", lambda: bench.try_to_ask(marked, stream=stream))
    if outcome:
        assert outcome.usage is not None
        assert bool(outcome.usage.cache_write_tokens) == bench.api.marks_cache


async def test_more_cache_marks_than_the_api_takes(bench: Bench) -> None:
    """Of many marks in any order, as many are sent as the API takes."""
    marks = (True, "1h", True, True, "1h", True)
    parts = [{"type": "text", "text": f"word{n}", "cache": m} for n, m in enumerate(marks)]
    outcome = await carries(bench, "cache mark", lambda: bench.try_to_ask(user(*parts)))
    if outcome:
        assert outcome.finish == "stop"


async def test_strict_tool(bench: Bench) -> None:
    """The tool is marked as strict, and called as usual."""
    outcome = await carries(
        bench, "strict tool", lambda: bench.try_to_ask('call look {"at": "it"}', tools=[STRICT])
    )
    if outcome:
        [call] = outcome.of("tool_call")
        assert json.loads(str(call["arguments"])) == {"at": "it"}
        assert bench.api.strict in bench.last_body


# ------------------------------------------------------------------ tools of other types


@BOTH
async def test_custom_tool(bench: Bench, stream: bool) -> None:
    """A custom tool gets any text, and its result goes back."""
    fields = {"tools": [NOTE], "stream": stream}
    question = 'write note {"half": of JSON'
    outcome = await carries(bench, "custom tool", lambda: bench.try_to_ask(question, **fields))
    if outcome:
        [call] = outcome.of("tool_call")
        assert (call["name"], call["arguments"]) == ("note", '{"half": of JSON')
        assert (call.get("custom"), outcome.finish) == (True, "tool_calls")
        then = await bench.ask(question, outcome.message, user(result(call, "kept")), **fields)
        assert then.text == "The tools answered: kept"


@BOTH
async def test_web_search(bench: Bench, stream: bool) -> None:
    """A hosted search brings a text that names its source, and the conversation goes on."""
    fields = {"tools": [SEARCH], "stream": stream}
    outcome = await carries(bench, "web search", lambda: bench.try_to_ask("search foxes", **fields))
    if outcome:
        assert (outcome.text, outcome.finish) == ("Found: foxes", "stop")
        cited = [each for part in outcome.of("text") for each in part.get("citations", ())]
        assert [(each["url"], each["title"]) for each in cited] == [(FOUND_URL, FOUND_TITLE)]
        then = await bench.ask("search foxes", outcome.message, "and now?", **fields)
        assert then.text == "and now?"


# ------------------------------------------------------------------ what has no word of ours


def as_sent(bench: Bench, *messages: str | Map) -> list[Map]:
    """Return the messages as the daemon passes them to the adapter of this origin."""
    sent = [user(each) if isinstance(each, str) else each for each in messages]
    request = for_origin(a_request(*sent), bench.origin)
    return [msgspec.to_builtins(each) for each in request.messages]


def changed(outcome: ChatOutcome, **fields: object) -> Map:
    """Return the message with `fields` in its first opaque part."""
    parts = list(outcome.parts)
    at = next(at for at, part in enumerate(parts) if part["type"] == "other")
    parts[at] = parts[at] | fields
    return {"role": "assistant", "content": parts}


@BOTH
async def test_opaque_parts_go_back(bench: Bench, stream: bool) -> None:
    """What the API sent and we have no word for goes back as it came."""
    fields = {"tools": [SEARCH], "stream": stream}
    outcome = await carries(
        bench, "opaque parts", lambda: bench.try_to_ask("search foxes", **fields)
    )
    if outcome:
        assert outcome.of("other")
        messages = as_sent(bench, "search foxes", outcome.message, "and now?")
        assert (await bench.ask(*messages, **fields)).text == "and now?"
        before = len(bench.last_body)
        # The second request proves that the first had the parts.
        without = [part for part in outcome.parts if part["type"] != "other"]
        message = {"role": "assistant", "content": without}
        await bench.ask("search foxes", message, "and now?", **fields)
        assert len(bench.last_body) < before


@pytest.mark.parametrize("change", [{"data": '{"type":"made_up"}'}, {"origin": "other/model"}])
async def test_changed_and_foreign_opaque_parts_are_dropped(bench: Bench, change: Map) -> None:
    """An opaque part that was changed or is another model's is left out, and the API accepts it."""
    outcome = await carries(
        bench, "opaque parts", lambda: bench.try_to_ask("search foxes", tools=[SEARCH])
    )
    if outcome:
        messages = as_sent(bench, "search foxes", changed(outcome, **change), "and now?")
        kept = [part["type"] for part in messages[1]["content"]]
        assert kept.count("other") == len(outcome.of("other")) - 1
        assert (await bench.ask(*messages, tools=[SEARCH])).text == "and now?"
        assert "made_up" not in bench.last_body


# ------------------------------------------------------------------ other endings


@BOTH
async def test_refusal(bench: Bench, stream: bool) -> None:
    """A refusal is reported as such, with what the model says about it."""
    outcome = await carries(
        bench, "refusal", lambda: bench.try_to_ask("refuse foxes", stream=stream)
    )
    if outcome:
        assert (outcome.text, outcome.finish) == ("I will not: foxes", "refusal")


@BOTH
async def test_pause(bench: Bench, stream: bool) -> None:
    """A paused answer goes on when the conversation is sent back with it at its end."""
    fields = {"tools": [SEARCH], "stream": stream}
    outcome = await carries(bench, "pause", lambda: bench.try_to_ask("pause foxes", **fields))
    if outcome:
        assert (outcome.text, outcome.finish) == ("", "pause")
        then = await bench.ask("pause foxes", outcome.message, **fields)
        assert (then.text, then.finish) == ("Found: foxes", "stop")


# ------------------------------------------------------------------ pictures and sound


@BOTH
async def test_picture_out(bench: Bench, stream: bool) -> None:
    """A picture of the model arrives whole, and the conversation goes on with it."""
    fields = {"modalities": ["text", "image"], "stream": stream}
    outcome = await carries(bench, "picture out", lambda: bench.try_to_ask("draw a fox", **fields))
    if outcome:
        [picture] = outcome.of("image")
        assert (picture["data"], picture["media_type"]) == (PICTURE, "image/png")
        assert outcome.finish == "stop"
        messages = as_sent(bench, "draw a fox", outcome.message, "and now?")
        then = await bench.ask(*messages, **fields)
        assert then.finish == "stop"


@BOTH
async def test_sound_out(bench: Bench, stream: bool) -> None:
    """Sound of the model arrives whole with its transcript, and the conversation goes on."""
    fields = {"modalities": ["text", "audio"], "stream": stream}
    outcome = await carries(bench, "sound out", lambda: bench.try_to_ask("speak one two", **fields))
    if outcome:
        [sound] = outcome.of("audio")
        assert (sound["data"], sound["transcript"]) == (SOUND, "one two")
        messages = as_sent(bench, "speak one two", outcome.message, "and now?")
        then = await bench.ask(*messages, **fields)
        assert then.text == "and now?"
