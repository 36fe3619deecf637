"""A real daemon and the simulated Gemini: text, tools, thinking, and refusals."""

import json

import pytest

from aircher_client import DaemonError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import home as open_home

KEY = "AIza-canary-0123456789abcdef"
TOOL = {"name": "look", "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}'}
PNG = {"type": "image", "media_type": "image/png", "data": "iVBORw0KGgo="}

CONFIG = """\
[providers.gemini]
base_url = "{url}/gemini/v1beta"
env = ["GOOGLE_API_KEY", "GEMINI_API_KEY"]
"""


@pytest.fixture
def daemon(sim):
    """A daemon whose built-in `gemini` is simulated, with its key in the environment."""
    sim.keys.accept("gemini", KEY)
    with open_home({"GEMINI_API_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def user(*content):
    parts = [{"type": "text", "text": c} if isinstance(c, str) else c for c in content]
    return {"role": "user", "content": parts}


def chat(daemon, *messages, model="gemini/gemini-3.8-flash", **fields):
    with daemon.client() as client:
        return client.chat({"model": model, "messages": list(messages), **fields})


def test_ask_streamed_and_whole(daemon, sim):
    """Both methods of the API give the same text, and the key is only in its header."""
    for arguments in ((), ("--no-stream",)):
        done = daemon.cli("ask", "-m", "gemini/gemini-3.8-flash", *arguments, "one two")
        assert (done.returncode, done.stdout) == (0, "one two\n"), done.stderr
    targets = [each.request.target for each in sim.requests if each.endpoint == "chat"]
    assert [target.partition(":")[2] for target in targets] == [
        "streamGenerateContent?alt=sse",
        "generateContent",
    ]
    assert all(each.key == KEY for each in sim.requests)
    assert not any(KEY in each.request.target for each in sim.requests)


def test_gemini_answers_if_it_has_the_only_key(daemon):
    """Without a model name, its default model answers."""
    answer = json.loads(daemon.cli("ask", "--json", "hello you").stdout)
    assert (answer["provider"], answer["text"]) == ("gemini", "hello you")
    assert answer["usage"] == {
        "input_tokens": 2,
        "output_tokens": 2,
        "cached_tokens": 0,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "cache_write_1h_tokens": 0,
    }


@pytest.mark.parametrize("stream", [True, False])
def test_tools_and_signatures_go_round(daemon, stream):
    """Signed calls and text go back unchanged; the provider accepts nothing else."""
    fields = {"tools": [TOOL], "reasoning": "low", "stream": stream}
    asked = user('say wait; call look {"at": "it"} and look {"at": "that"}')
    first = chat(daemon, asked, **fields)
    parts = first["message"]["content"]
    assert [part["type"] for part in parts] == ["reasoning", "text", "tool_call", "tool_call"]
    assert ["signature" in part for part in parts] == [False, False, True, False]
    calls = [part for part in parts if part["type"] == "tool_call"]
    assert [json.loads(call["arguments"]) for call in calls] == [{"at": "it"}, {"at": "that"}]
    results = [{"type": "tool_result", "id": call["id"], "content": "red"} for call in calls]
    results[1]["content"] = [{"type": "text", "text": "blue"}, PNG]
    second = chat(daemon, asked, first["message"], user(*results), **fields)
    assert second["finish"] == "stop"
    parts = [part for part in second["message"]["content"] if part["type"] == "text"]
    assert parts[0]["text"] == "The tools answered: red | blue"
    assert parts[0]["signature"]
    history = [asked, first["message"], user(*results), second["message"], user("and now?")]
    third = chat(daemon, *history, **fields)
    assert third["message"]["content"][-1]["text"] == "and now?"


def test_calls_of_another_model_are_accepted(daemon):
    """After a fallback they have no signatures, and carry Google's substitute."""
    asked = user("call look {}")
    first = chat(daemon, asked, model="gemini/gemini-2.5-flash", tools=[TOOL])
    (call,) = first["message"]["content"]
    answered = user({"type": "tool_result", "id": call["id"], "content": "red"})
    second = chat(daemon, asked, first["message"], answered, tools=[TOOL])
    assert second["message"]["content"][0]["text"] == "The tools answered: red"


def test_images_and_json(daemon):
    """Both are sent as Gemini takes them."""
    assert chat(daemon, user("what?", PNG))["message"]["content"][0]["text"] == "I see 1: image/png"
    schema = '{"type":"object","properties":{"n":{"type":"integer"}}}'
    parts = chat(daemon, user("four"), response_format={"type": "json_schema", "schema": schema})
    assert json.loads(parts["message"]["content"][0]["text"]) == {"n": 4}


def test_a_model_name_is_one_path_segment(daemon, sim):
    """Slashes and dots arrive as part of the name."""
    chat(daemon, user("hi"), model="gemini/../../v1/files")
    target = sim.requests[-1].request.target
    assert target.startswith("/gemini/v1beta/models/..%2F..%2Fv1%2Ffiles:")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("refused_key", "auth_rejected"),
        ("rate_limit", "rate_limited"),
        ("daily_quota", "quota_exhausted"),
        ("context", "context_too_long"),
        ("policy", "content_policy"),
        ("model_not_found", "unknown_model"),
        ("overloaded", "overloaded"),
    ],
)
def test_refusals_have_their_class(daemon, sim, error, code):
    """In Google's own format; no key is quoted."""
    sim.faults.add(Fault("error", vendor="gemini", error=error))
    with pytest.raises(DaemonError) as caught:
        chat(daemon, user("hi"))
    assert [attempt["outcome"] for attempt in caught.value.data["attempts"]] == [code]
    assert KEY not in str(caught.value.data)


def test_a_stream_without_its_end_is_truncated(daemon, sim):
    """Without a finish reason the text so far is reported as incomplete."""
    sim.faults.add(Fault("no_end_marker"))
    with pytest.raises(DaemonError) as caught:
        chat(daemon, user("one two"))
    assert (caught.value.code, caught.value.data["text"]) == ("truncated", "one two")


def text_of(answer):
    return "".join(part.get("text", "") for part in answer["message"]["content"])


SEARCH = {"type": "web_search"}
MIXED = {"tools": [TOOL, SEARCH]}


@pytest.mark.parametrize("stream", [True, False])
def test_a_search_and_a_call_go_round(daemon, sim, stream):
    """What was searched goes back with its signature, beside the client's own tools."""
    question = user("search foxes")
    found = chat(daemon, question, stream=stream, **MIXED)
    kinds = [part.get("kind", part["type"]) for part in found["message"]["content"]]
    assert kinds == ["toolCall", "toolResponse", "text", "groundingMetadata"]
    asked = user('call look {"at": "it"}')
    called = chat(daemon, question, found["message"], asked, stream=stream, **MIXED)
    (call,) = (part for part in called["message"]["content"] if part["type"] == "tool_call")
    result = user({"type": "tool_result", "id": call["id"], "content": "seen"})
    history = question, found["message"], asked, called["message"], result
    answer = chat(daemon, *history, stream=stream, **MIXED)
    assert text_of(answer) == "The tools answered: seen"
    sent = sim.requests[-1].json["contents"][1]["parts"]
    assert [next(iter(part)) for part in sent][:2] == ["toolCall", "toolResponse"]


def test_a_model_that_cannot_show_its_searches(daemon, sim):
    """The switch is ours, so the call is made again without it."""
    message = "Tool call context circulation is not enabled for models/gemini-3-image"
    sim.faults.add(Fault("error", error="bad_request", message=message))
    found = chat(daemon, user("search foxes"), model="gemini/gemini-3-image", tools=[SEARCH])
    assert text_of(found) == "Found: foxes"
    kinds = [part.get("kind", part["type"]) for part in found["message"]["content"]]
    assert kinds == ["text", "groundingMetadata"]
    chats = [each.json for each in sim.requests if each.endpoint == "chat"]
    assert ["toolConfig" in each for each in chats] == [True, False]
