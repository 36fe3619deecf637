"""The contract of all adapters for malformed responses: pages, wrong types, wrong counts."""

import gzip
import re

import pytest

from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import Usage
from helpers.providers.contract import Bench
from helpers.providers.contract_apis import APIS
from helpers.providers.http_server import open_server, replies
from helpers.providers.talking import said

F = FailureClass
BOTH = pytest.mark.parametrize("stream", [True, False])
PROMPT = "one two three"
JSON = "application/json"
NOT_IT = "not of its API|not a stream of events|sent a reply without|not its API"


@BOTH
@pytest.mark.parametrize(
    ("fault", "expected", "message"),
    [
        ({"kind": "html"}, F.SERVER, "a web page"),
        ({"kind": "html", "status": 200}, F.PROTOCOL, "check base_url"),
        ({"kind": "html", "status": 401}, F.PROTOCOL, "check base_url"),
        ({"kind": "empty"}, F.PROTOCOL, "answered with nothing at all"),
        ({"kind": "empty", "status": 500}, F.SERVER, r"failed \(HTTP 500\)"),
        ({"kind": "answer", "status": 302}, F.PROTOCOL, "redirect"),
        ({"kind": "answer", "body": "hello\n", "content_type": "text/plain"}, F.PROTOCOL, NOT_IT),
        ({"kind": "answer", "body": "{}", "content_type": JSON}, F.PROTOCOL, NOT_IT),
        ({"kind": "answer", "body": "[]", "content_type": JSON}, F.PROTOCOL, NOT_IT),
        ({"kind": "answer", "body": "null", "content_type": JSON}, F.PROTOCOL, NOT_IT),
    ],
)
async def test_responses_of_another_kind(
    bench: Bench, fault: dict[str, object], expected: FailureClass, message: str, stream: bool
) -> None:
    """The message says what came instead, and what to check."""
    bench.meet(**fault)  # type: ignore[arg-type]
    failure = await bench.refused(PROMPT, stream=stream)
    assert failure.kind is expected
    assert re.search(message, failure.message)


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", ""])
@BOTH
async def test_wrong_content_type(bench: Bench, content_type: str, stream: bool) -> None:
    """If the header is wrong, the body is read as the requested format."""
    bench.meet("content_type", content_type=content_type)
    assert (await bench.ask(PROMPT, stream=stream)).text == PROMPT


async def test_whole_reply_in_place_of_a_stream(bench: Bench) -> None:
    """A server that cannot stream is understood."""
    bench.meet("no_stream")
    outcome = await bench.ask(PROMPT)
    assert (outcome.text, outcome.finish) == (PROMPT, "stop")
    assert said(outcome.events) == [PROMPT]


@BOTH
async def test_unrequested_compression(bench: Bench, stream: bool) -> None:
    """A gzip body is read, although it was not requested."""
    failure = await refused_by("200 OK", bench, stream=stream)
    assert failure.kind is F.SERVER
    assert "hidden" in failure.message


async def test_compressed_error(bench: Bench) -> None:
    """So is an error: its status and its words count."""
    failure = await refused_by("503 Service Unavailable", bench, stream=True)
    assert failure.kind is F.OVERLOADED
    assert "hidden" in failure.message


async def refused_by(status: str, bench: Bench, *, stream: bool) -> Failure:
    """Return the failure of a chat that is answered with this status and a gzip body."""
    body = gzip.compress(b'{"error":{"message":"hidden"}}')
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    async with open_server(replies(head.encode() + body)) as server:
        bench.provider = bench.api.provider(server.url)
        bench.key = None
        return await bench.refused(PROMPT, stream=stream)


# ------------------------------------------------------------------ malformed counts


def counts(names: tuple[str, ...]) -> str:
    """Return a pattern for these counts and their values, each value in a group."""
    return rf'"({"|".join(names)})":(\d+)'


@BOTH
@pytest.mark.parametrize("odd", ["null", '"many"', "-7", "[1]", '{"a":1}', "1e400", "true"])
async def test_invalid_counts(bench: Bench, odd: str, stream: bool) -> None:
    """They count as unknown, and do not fail the reply."""
    await bench.answer_with((counts(bench.api.counts), rf'"\1":{odd}'), stream=stream)
    outcome = await bench.ask(PROMPT, stream=stream)
    assert (outcome.text, outcome.finish) == ("one two", "stop")
    assert outcome.usage in (None, Usage())


@BOTH
async def test_counts_as_strings(bench: Bench, stream: bool) -> None:
    """A number in quotes is read as a number."""
    await bench.answer_with((counts(bench.api.counts), r'"\1":"\2"'), stream=stream)
    outcome = await bench.ask(PROMPT, stream=stream)
    assert outcome.usage == Usage(input_tokens=2, output_tokens=2)


@BOTH
async def test_no_usage(bench: Bench, stream: bool) -> None:
    """It is unknown, not zero."""
    usage = '"(usage|usageMetadata|prompt_eval_count|eval_count)":'
    await bench.answer_with((usage, '"unknown_field":'), stream=stream)
    outcome = await bench.ask(PROMPT, stream=stream)
    assert (outcome.text, outcome.usage) == ("one two", None)


@BOTH
@pytest.mark.parametrize("bench", [api.name for api in APIS.values() if api.cached], indirect=True)
async def test_more_cached_than_input(bench: Bench, stream: bool) -> None:
    """Input includes cached tokens, whatever the server says."""
    bench.sim.behave(cached_tokens=1)
    change = (counts(bench.api.cached), r'"\1":5000')
    await bench.answer_with(change, stream=stream)
    usage = (await bench.ask(PROMPT, stream=stream)).usage
    assert usage is not None
    assert 0 < usage.cached_tokens <= usage.input_tokens
