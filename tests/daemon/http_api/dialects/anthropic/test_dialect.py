"""The dialect as the operations use it."""

import subprocess
import sys

import pytest

from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.dialects.dialect import Dialect
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.reply import TextDelta
from helpers.http_api.anthropic_sdk import (
    ANSWERING,
    HI,
    call_of,
    client_of,
    parse_stream,
    parse_whole,
    result_of,
    written,
)


def test_it_has_the_api_s_paths() -> None:
    """Chat, counting and lists."""
    dialect: Dialect = DIALECT

    assert (dialect.name, dialect.stream_type) == ("anthropic", "text/event-stream")
    assert [(route.method, route.path, route.operation) for route in dialect.routes] == [
        ("POST", "/v1/messages", "chat"),
        ("POST", "/v1/messages/count_tokens", "count_tokens"),
        ("GET", "/v1/models", "list_models"),
        ("GET", "/v1/models/{model}", "show_model"),
    ]


def test_keep_alives_and_notes_are_comments() -> None:
    """The SDK skips them, wherever they are."""
    stream = written([TextDelta("Yes.")])
    assert DIALECT.keep_alive is not None
    note = DIALECT.stream_note([("x-aircher-cost", "0.01"), ("x-aircher-attempts", "2")])

    message = parse_stream(DIALECT.keep_alive + stream + note)

    assert note == b": x-aircher-cost: 0.01, x-aircher-attempts: 2\n\n"
    assert message.stop_reason == "end_turn"
    assert DIALECT.stream_note([]) == b""


def test_trap_21_tokens_are_counted() -> None:
    """The SDK reads the number."""
    with client_of(200, "application/json", DIALECT.count_reply(42)) as client:
        found = client.messages.count_tokens(
            model="m", messages=[{"role": "user", "content": "Hi"}]
        )

    assert found.input_tokens == 42


def test_there_are_no_embeddings() -> None:
    """The API has none, so the question is refused."""
    with pytest.raises(RequestProblem, match="the Anthropic API has no embeddings"):
        DIALECT.read_embeddings(call_of({"model": "m", "input": "a"}))


def test_the_dialect_is_light_until_it_is_asked() -> None:
    """Its modules are loaded by its first request: the daemon starts without them."""
    code = (
        "import sys; from aircherd.http_api.dialects.anthropic import DIALECT; "
        "print([m for m in sys.modules if '.anthropic.' in m])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "['aircherd.http_api.dialects.anthropic.dialect']"


@pytest.mark.parametrize(
    ("agent", "model"), [("claude-cli/2.1.197 (external, cli)", "sonnet"), ("llm", "gpt-5.5")]
)
def test_claude_code_gets_the_model_that_it_asked_for(agent: str, model: str) -> None:
    """It forgets the thinking of all others. Every other client gets the model's true name."""
    body = {"model": "sonnet", "messages": HI}
    read = DIALECT.read_chat(call_of(body, headers={"user-agent": agent}))
    writer = DIALECT.stream_writer(read)

    streamed = writer.write([TextDelta("a")], ANSWERING) + writer.end(result_of([]))
    whole = DIALECT.whole_reply(read, result_of([{"type": "text", "text": "a"}]))

    assert read.verbatim.reply_model == (model if model == "sonnet" else None)
    assert parse_stream(streamed).model == model
    assert parse_whole(whole).model == model


def test_one_writer_writes_one_reply() -> None:
    """Two replies of one request do not share a name."""
    read = DIALECT.read_chat(call_of({"model": "m", "messages": HI}))

    first, second = (
        DIALECT.stream_writer(read).write([TextDelta("a")], ANSWERING) for _ in range(2)
    )

    assert first != second
