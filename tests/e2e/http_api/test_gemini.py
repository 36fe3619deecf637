"""Google's own client with providers of three APIs, through the daemon."""

import base64
import json
from typing import Any

import pytest
from google.genai import errors, types

from aircherd.testing.simulator import Fault
from aircherd.testing.simulator.script import FOUND_URL
from helpers.daemon.real_daemon import wait_until
from helpers.http_api.socket_door import CLAUDE, GOOGLE, GPT, REFUSED, open_door
from helpers.http_api.talks import PIXEL

MODELS = (GOOGLE, CLAUDE, GPT)
CALL = 'say I look; call look {"at": "sea"}'
LOOK: Any = {"name": "look", "parameters_json_schema": {"type": "object", "properties": {}}}
SEEN = types.Part(function_response=types.FunctionResponse(name="look", response={"output": "ok"}))
THINKING = types.ThinkingConfig(include_thoughts=True, thinking_budget=2000)
TOOLS = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[LOOK])], thinking_config=THINKING
)
UNSIGNED = "skip_thought_signature_validator"


@pytest.fixture(scope="module")
def door():
    """The daemon of this module."""
    with open_door() as running:
        yield running


@pytest.fixture(scope="module")
def client(door):
    """Google's client."""
    with door.google() as google:
        yield google


def user(text):
    return types.Content(role="user", parts=[types.Part(text=text)])


@pytest.mark.parametrize("model", MODELS)
def test_a_question_and_a_stream(client, model):
    """Both say the same, and who answered; the stream comes in pieces."""
    whole = client.models.generate_content(model=model, contents="one two three")
    chunks = list(client.models.generate_content_stream(model=model, contents="one two three"))
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text == "one two three"
    assert len(chunks) > 1
    name = model.partition("/")[2]
    assert {chunk.model_version for chunk in chunks} == {whole.model_version} == {name}
    usage = chunks[-1].usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count) == (3, 3)
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP


@pytest.mark.parametrize("model", MODELS)
def test_a_picture(client, model):
    """It arrives, whatever alphabet its base64 has."""
    picture = types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")
    reply = client.models.generate_content(model=model, contents=["what", picture])
    assert reply.text == "I see 1: image/png"


@pytest.mark.parametrize("model", MODELS)
def test_a_round_of_tools(door, client, model):
    """Each vendor gets its own signatures back, which the simulated ones check: traps 14, 15."""
    chat = client.chats.create(model=model, config=TOOLS)
    # The client sends an empty piece of Google's streams back, which Google refuses.
    chunks = [chat.send_message(CALL)] if model == GOOGLE else list(chat.send_message_stream(CALL))
    [call] = [each for chunk in chunks for each in chunk.function_calls or ()]
    assert (call.name, call.args) == ("look", {"at": "sea"})
    assert chat.send_message(SEEN).text == "The tools answered: ok"
    if model == CLAUDE:
        [turn] = [each for each in door.asked[-1].json["messages"] if each["role"] == "assistant"]
        assert [block["type"] for block in turn["content"]] == ["thinking", "text", "tool_use"]


def test_a_conversation_that_moves(door, client):
    """It goes on at Google after Claude answered, and back: trap 14."""
    chat = client.chats.create(model=CLAUDE, config=TOOLS)
    chat.send_message(CALL)
    chat.send_message(SEEN)
    history = chat.get_history()
    at_google = client.models.generate_content(
        model=GOOGLE, contents=[*history, user("and now")], config=TOOLS
    )
    assert at_google.text == "and now"
    turn = door.asked[-1].json["contents"][1]
    assert [part.get("thoughtSignature") for part in turn["parts"]] == [None, UNSIGNED]
    history += [user("and now"), at_google.candidates[0].content]
    back = client.models.generate_content(
        model=CLAUDE, contents=[*history, user("and back")], config=TOOLS
    )
    assert back.text == "and back"


@pytest.mark.parametrize("model", [GOOGLE, CLAUDE])
def test_a_list_of_replies(door, model):
    """Without alt=sse a stream is one JSON list, also from Google."""
    with door.http() as http:
        reply = http.post(
            f"/v1beta/models/{model}:streamGenerateContent",
            json={"contents": [{"parts": [{"text": "one two"}]}]},
        )
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"
    replies = reply.json()
    parts = [part for each in replies for part in each["candidates"][0]["content"]["parts"]]
    assert "".join(part.get("text", "") for part in parts) == "one two"
    assert reply.headers["x-aircher-carried"] == "translated"


def test_json_from_a_name_that_gemini_cli_insists_on(client):
    """Its first call goes to a small model of Google's, which the configuration maps."""
    reply = client.models.generate_content(
        model="gemini-3.5-flash-lite",
        contents="route",
        config=types.GenerateContentConfig(
            response_mime_type="application/json",
            response_json_schema={"type": "object", "properties": {"choice": {"type": "string"}}},
        ),
    )
    assert "choice" in json.loads(reply.text)
    assert reply.model_version == "claude-opus-4-8"


@pytest.mark.parametrize("version", ["/v1beta", "/v1", ""])
def test_versions(door, version):
    """LiteLLM leaves the version out: trap 27."""
    with door.http() as http:
        body = {"contents": [{"parts": [{"text": "hi"}]}]}
        reply = http.post(f"{version}/models/{CLAUDE}:generateContent", json=body)
    assert reply.json()["candidates"][0]["content"]["parts"] == [{"text": "hi"}]


@pytest.mark.parametrize("model", [GOOGLE, CLAUDE])
def test_a_client_that_leaves(door, client, model):
    """Its call ends at the provider."""
    door.sim.behave(delay=0.02)
    try:
        pieces = client.models.generate_content_stream(model=model, contents="count 2000")
        next(pieces)
        upstream = door.asked[-1]
        assert not upstream.disconnected.is_set()
        pieces.close()
        wait_until(upstream.disconnected.is_set, "the provider sees the end")
    finally:
        door.sim.behave(delay=0.0)


@pytest.mark.parametrize("model", [GOOGLE, CLAUDE])
@pytest.mark.parametrize(
    ("error", "code"), [("rate_limit", 429), ("bad_request", 400), ("server", 424)]
)
def test_errors(door, client, model, error, code):
    """Each class is raised in Google's form, and says that asking again is no use."""
    door.sim.faults.add(Fault("error", error=error, times=None))
    try:
        with pytest.raises(errors.ClientError, match=model.partition("/")[0]) as raised:
            client.models.generate_content(model=model, contents="hi")
    finally:
        door.calm()
    assert raised.value.code == code
    details = raised.value.details["error"]["details"]
    kinds = {each["@type"].rpartition(".")[2] for each in details}
    assert ("QuotaFailure" in kinds) == (code == 429)


def test_a_key_that_is_refused(client):
    """The client sees a 401 that says what to do."""
    with pytest.raises(errors.ClientError, match="WRONG_KEY") as raised:
        client.models.generate_content(model=REFUSED, contents="hi")
    assert (raised.value.code, raised.value.status) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("model", [GOOGLE, CLAUDE])
def test_a_stream_that_breaks_off(door, client, model):
    """The client raises it after the pieces that came."""
    door.sim.faults.add(Fault("cut", after=2))
    got = []
    try:
        with pytest.raises(errors.APIError) as raised:
            got += [
                chunk.text
                for chunk in client.models.generate_content_stream(model=model, contents="a b c d")
            ]
    finally:
        door.calm()
    assert raised.value.code == 424


def test_an_unknown_model(client):
    """It is Google's 404."""
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model="nothing-of-this-name", contents="hi")
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")


def test_what_only_google_has(door, client):
    """A hosted tool moves the request on to a provider that has it."""
    config = types.GenerateContentConfig(tools=[types.Tool(url_context=types.UrlContext())])
    reply = client.models.generate_content(model="mixed", contents="hi", config=config)
    assert reply.model_version == "gemini-3.8-flash"
    assert door.asked[-1].json["tools"] == [{"urlContext": {}}]
    with pytest.raises(errors.ClientError, match=r"tools\[0\].urlContext"):
        client.models.generate_content(model=CLAUDE, contents="hi", config=config)


def test_a_search(door, client):
    """Another vendor searches, its sources are shown, and what it did goes back to it."""
    config = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])
    chat = client.chats.create(model=CLAUDE, config=config)
    reply = chat.send_message("search cats")
    assert reply.text == "Found: cats"
    [chunk] = reply.candidates[0].grounding_metadata.grounding_chunks
    assert chunk.web.uri == FOUND_URL
    assert chat.send_message("and now").text == "and now"
    kinds = [block["type"] for block in door.asked[-1].json["messages"][1]["content"]]
    assert kinds == ["server_tool_use", "web_search_tool_result", "text"]


def test_sampling_is_a_wish(door, client):
    """LangChain sends a temperature with every request, and the newest models refuse any."""
    config = types.GenerateContentConfig(temperature=0.7, top_p=0.5)
    assert client.models.generate_content(model=CLAUDE, contents="hi", config=config).text == "hi"
    assert not {"temperature", "top_p"} & door.asked[-1].json.keys()
    assert client.models.generate_content(model=GPT, contents="hi", config=config).text == "hi"


def test_a_fallback_across_both_ways(door, client):
    """A translated candidate fails before its output, and Google's own bytes come."""
    door.sim.faults.add(Fault("error", vendor="anthropic", error="overloaded"))
    try:
        reply = client.models.generate_content(model="mixed", contents="hi")
    finally:
        door.calm()
    assert (reply.text, reply.model_version) == ("hi", "gemini-3.8-flash")


def test_lists_and_counts(client):
    """Models by the names to send, one of them, and the tokens of an input."""
    names = [model.name for model in client.models.list()]
    assert "models/mixed" in names
    assert client.models.get(model="mixed").name == "models/mixed"
    for model in (GOOGLE, CLAUDE):
        assert client.models.count_tokens(model=model, contents="one two").total_tokens > 0


def test_embeddings(client):
    """They come as Google sends them; no other vendor's are in this form."""
    found = client.models.embed_content(model="google/gemini-embedding-001", contents=["a", "b"])
    assert [len(each.values) for each in found.embeddings] == [8, 8]
    with pytest.raises(errors.ClientError):
        client.models.embed_content(model=GPT, contents="a")
