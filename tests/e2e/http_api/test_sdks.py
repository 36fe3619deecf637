"""The vendors' own SDKs for Python, each with every provider, through the port."""

import threading

import anthropic
import ollama
import openai
import pytest
from google import genai

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.http_api.sdks import SDKS, messages
from helpers.http_api.served import MODELS

RAISED = (
    openai.APIStatusError,
    anthropic.APIStatusError,
    genai.errors.APIError,
    ollama.ResponseError,
)
TURNS = 81
NAMED = ("provider", "model", "carried", "attempts")
VENDORS = {"chat": "openai", "responses": "openai", "claude": "anthropic", "google": "gemini"}


def status_of(error):
    """Return the HTTP status that an SDK's error tells."""
    return getattr(error, "status_code", None) or error.code


@pytest.fixture(params=SDKS)
def sdk(request, served):
    """The SDK of one dialect."""
    made = SDKS[request.param](served.url, served.token)
    yield made
    made.close()


@pytest.mark.parametrize("provider", MODELS)
def test_every_sdk_with_every_provider(sdk, provider):
    """A question, a stream, a picture and a round of tools: all as from the vendor itself."""
    model = f"{provider}/{MODELS[provider]}"
    assert sdk.ask(model, "one two three") == ("one two three", (3, 3))
    assert sdk.stream(model, "one two") == ("one two", (2, 2))
    if provider != "local":  # the model has no eyes
        assert sdk.see(model, "what") == "I see 1: image/png"
    arguments, last = sdk.use_tool(model)
    assert arguments in ({"at": "sea"}, '{"at": "sea"}', '{"at":"sea"}')
    assert last == "The tools answered: seen"


def test_a_long_conversation(sdk, served):
    """Every turn arrives at a provider of another API, in its order."""
    turns = [f"turn {number}" for number in range(TURNS)]
    said = sdk.ask("claude/claude-opus-4-8", *turns)
    assert said == (f"turn {TURNS - 1}", (2 * TURNS, 2))
    body = served.asked[-1].json
    assert [f"turn {n}" for n in range(TURNS)] == [
        text["text"] if isinstance(text, dict) else text
        for message in body["messages"]
        for text in (
            message["content"] if isinstance(message["content"], list) else [message["content"]]
        )
    ]


@pytest.mark.parametrize("provider", ["chat", "claude"])
def test_a_stream_that_is_not_read_on_ends_at_the_provider(sdk, served, provider):
    """Verbatim and translated."""
    served.sim.behave(delay=0.02)
    try:
        pieces = sdk.pieces(f"{provider}/{MODELS[provider]}", "count 2000")
        assert "1" in next(piece for piece in pieces if piece)
        upstream = served.asked[-1]
        assert not upstream.disconnected.is_set()
        pieces.close()
        wait_until(upstream.disconnected.is_set, "the provider sees the end")
    finally:
        served.sim.behave(delay=0.0)


CLASSES = {"rate_limit": {429}, "bad_request": {400}, "server": {424, 502}}
"""The vendors' errors -> the status that the client gets; some tools repeat each 5xx."""


@pytest.mark.parametrize("error", CLASSES)
@pytest.mark.parametrize("provider", ["chat", "claude"])
def test_an_error_of_each_class_is_raised_once(sdk, served, provider, error):
    """As the SDK's own error; it does not ask again by itself, since nothing is left to try."""
    fault = Fault("error", vendor=VENDORS[provider], error=error, times=None)
    model = f"{provider}/{MODELS[provider]}"
    asked = len(served.asked)
    served.sim.faults.add(fault)
    try:
        with pytest.raises(RAISED) as raised:
            sdk.ask(model, "hello")
        by_the_sdk = len(served.asked) - asked
        served.calm()
        served.sim.faults.add(fault)
        served.post({"model": model, "messages": messages("hello")})
    finally:
        served.calm()
    assert status_of(raised.value) in CLASSES[error], raised.value
    assert len(served.asked) - asked == 2 * by_the_sdk


def test_a_key_that_the_provider_refuses_is_the_users_affair(sdk):
    """The message says what to do; Claude Code would repeat a 401."""
    with pytest.raises(RAISED, match="auth login refused") as raised:
        sdk.ask("refused/gpt-5.5", "hello")
    assert status_of(raised.value) in {401, 403}


def test_an_unknown_model_is_not_found(sdk, served):
    """With the SDK's error for that."""
    with pytest.raises(RAISED) as raised:
        sdk.ask("nothing-of-this-name", "hello")
    assert status_of(raised.value) == 404
    assert "nothing-of-this-name" in str(raised.value)


def test_answers_tell_who_served(served):
    """In headers, whatever the SDK."""
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.token)
    talk = messages("hi")
    for provider, carried in (("chat", "verbatim"), ("claude", "translated")):
        model = f"{provider}/{MODELS[provider]}"
        raw = client.chat.completions.with_raw_response.create(model=model, messages=talk)
        named = {
            name: raw.headers[f"x-aircher-{name}"] for name in ("provider", "model", "carried")
        }
        assert named == {"provider": provider, "model": MODELS[provider], "carried": carried}
        assert raw.headers["x-aircher-attempts"] == "1"
        assert raw.parse().model == MODELS[provider]


def test_streams_run_beside_each_other(served):
    """Eight at once, none mixed with another."""
    found = {}

    def read(number):
        sdk = SDKS["anthropic" if number % 2 else "openai_chat"](served.url, served.token)
        found[number] = sdk.stream("chat/gpt-5.5", f"stream {number} ends").text
        sdk.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: f"stream {number} ends" for number in range(8)} == found
