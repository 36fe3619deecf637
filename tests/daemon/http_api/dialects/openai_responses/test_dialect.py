"""The paths of the dialect, and its short answers."""

import json

import openai
import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Dialect, ListedModel
from aircherd.http_api.dialects.openai_responses import DIALECT as SHARED
from aircherd.http_api.problem import Problem, RequestProblem
from helpers.http_api.responses_api import CLAUDE, DIALECT, NOW, a_call, an_sdk, events_in, read

GONE = Problem(kind="interrupted", status=502, code="truncated", message="The stream broke off")


def test_it_is_a_dialect() -> None:
    """As the operations and the router expect it."""
    dialect: Dialect = SHARED
    assert dialect.name == "openai_responses"
    assert ("POST", "/v1/responses", "chat") in [route[:3] for route in dialect.routes]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/responses/{id}"), ("DELETE", "/v1/responses/{id}")]
)
def test_nothing_is_stored(method: str, path: str) -> None:
    """An answer in OpenAI's form says what to do instead."""
    (route,) = [each for each in DIALECT.routes if each[:2] == (method, path)]
    assert route.answer is not None
    status, body = route.answer(ApiCall(method=method, path="/v1/responses/resp_1"), [])
    with an_sdk(status, body, "application/json") as client, pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_1")


def test_trap_21_tokens_are_counted_in_openais_form() -> None:
    """The SDK reads the count."""
    with an_sdk(200, DIALECT.count_reply(42), "application/json") as client:
        assert client.responses.input_tokens.count(model="m", input="Hi").input_tokens == 42


def test_trap_19_the_count_includes_tools_and_instructions() -> None:
    """What is counted is the request that would be sent."""
    body = {
        "model": "sonnet",
        "input": "Hi",
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    }
    chat = DIALECT.read_count(a_call(body)).chat
    assert (chat.system, len(chat.tools), len(chat.messages)) == ("Be brief.", 1, 1)


def test_it_has_no_embeddings() -> None:
    """They are another API's."""
    with pytest.raises(RequestProblem) as raised:
        DIALECT.read_embeddings(a_call({}))
    assert raised.value.problem.status == 404


def test_trap_05_a_broken_verbatim_stream_fails_for_every_client() -> None:
    """Codex hears `response.failed`; OpenAI's SDK raises the error beside the response."""
    begun = DIALECT.stream_writer(read()).write([], CLAUDE)
    stream = begun + DIALECT.stream_error(GONE)
    failed = events_in(stream)[-1]
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"]["code"] == "server_is_overloaded"  # type: ignore[index]
    with an_sdk(200, stream, DIALECT.stream_type) as client:
        events = client.responses.create(model="m", input="Hi", stream=True)
        with pytest.raises(openai.APIError, match="The stream broke off"):
            list(events)


def test_comments_are_skipped() -> None:
    """Keep-alives and the last note; the SDK bears them at any place."""
    assert DIALECT.keep_alive is not None
    note = DIALECT.stream_note([("x-aircher-cost", "0.0012"), ("x-aircher-attempts", "2")])
    stream = DIALECT.keep_alive + DIALECT.stream_writer(read()).fail(GONE) + note
    assert [event["type"] for event in events_in(stream)][-1] == "response.failed"
    assert note == b": x-aircher-cost: 0.0012\n\n: x-aircher-attempts: 2\n\n"
    with an_sdk(200, stream, DIALECT.stream_type) as client:
        events = client.responses.create(model="m", input="Hi", stream=True)
        assert [event.type for event in events][-1] == "response.failed"


def test_an_error_has_the_time_when_a_limit_ends() -> None:
    """By the dialect's clock."""
    problem = Problem(
        kind="usage_limit", status=429, code="limit_reached", message="m", retry_after=5
    )
    _, body = DIALECT.error(problem)
    assert json.loads(body)["error"]["resets_at"] == NOW + 5


def test_models_are_sent_in_codexs_form() -> None:
    """Other clients ask for the list of chat completions."""
    call = ApiCall(method="GET", path="/v1/models", query={"client_version": "0.171.0"})
    model = ListedModel(id="sonnet")
    assert json.loads(DIALECT.model_list(call, [model]))["models"][0]["slug"] == "sonnet"
    assert json.loads(DIALECT.model_entry(call, model))["slug"] == "sonnet"
