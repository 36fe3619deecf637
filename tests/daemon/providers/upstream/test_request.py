"""A chat request as another daemon gets it."""

import msgspec
import pytest

from aircher_wire import frames
from aircherd.errors import ProviderFailed
from aircherd.providers.upstream.request import chat_params, encode_call, encode_params
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import OtherPart, seal


def a_request(**fields: object) -> ChatRequest:
    """Return a request as a client sends it."""
    plain = {"messages": [{"role": "user", "content": "hi"}], **fields}
    return msgspec.convert(plain, ChatRequest)


def sent(request: ChatRequest, passed: tuple[str, ...] = ()) -> object:
    """Return the parameters that arrive."""
    data = encode_params(chat_params(request, "work/m", "laptop", passed))
    (frame,) = frames.Decoder().feed(encode_call(7, "chat", data))
    assert isinstance(frame, frames.Request)
    assert (frame.msgid, frame.method) == (7, "chat")
    return frame.params


def test_only_what_is_set_is_sent() -> None:
    """So that an older daemon knows all of it."""
    assert sent(a_request()) == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "work/m",
    }


def test_what_means_the_same_there_is_passed_on() -> None:
    """And what was decided here is not: preset, deadline, waiting, the candidates."""
    fields = {
        "system": "be brief",
        "tools": [{"name": "look", "parameters": "{}"}],
        "tool_choice": {"name": "look"},
        "reasoning": "high",
        "max_tokens": 9,
        "stop": ["x"],
        "stream": False,
        "conversation": "c",
        "extra": {"top_k": 5},
    }
    more = {
        "model": "laptop/work/m",
        "task": "t",
        "timeout": 5.0,
        "wait": 3.0,
        "route": {"providers": ["laptop"], "strategy": "cheapest", "key": "k"},
    }
    params = sent(a_request(**fields, **more))
    assert isinstance(params, dict)
    tools = params.pop("tools")
    assert (tools[0]["name"], fields.pop("tools") is not None) == ("look", True)
    assert params == {
        **fields,
        "messages": [{"role": "user", "content": "hi"}],
        "model": "work/m",
    }


def test_the_daemons_that_it_passed_go_with_it() -> None:
    """And that no other model may answer."""
    params = sent(a_request(route={"no_fallback": True, "passed": ["a"]}), ("a", "me"))
    assert isinstance(params, dict)
    assert params["route"] == {"no_fallback": True, "passed": ["a", "me"]}


def test_origins_are_those_of_the_other_daemon() -> None:
    """And what was sealed under the name here is sealed under the name there."""
    theirs, ours = "work/m", "laptop/work/m"
    parts = [
        {"type": "reasoning", "text": "hm", "signature": "s", "origin": ours},
        {
            "type": "other",
            "kind": "k",
            "origin": ours,
            "data": "{}",
            "signature": seal("k", ours, "{}"),
        },
        {"type": "text", "text": "elsewhere", "origin": "other/m"},
    ]
    request = a_request(
        messages=[
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": parts},
            {"role": "user", "content": [{"type": "tool_result", "id": "1", "content": "x"}]},
        ]
    )
    params = sent(request)
    assert isinstance(params, dict)
    thought, other, text = params["messages"][1]["content"]
    assert (thought["origin"], other["origin"], text["origin"]) == (theirs, theirs, "other/m")
    assert msgspec.convert(other, OtherPart).is_unchanged


def test_half_of_a_character_is_replaced() -> None:
    """Editors send them."""
    params = sent(a_request(system="a\udc80b"))
    assert isinstance(params, dict)
    assert params["system"] == "a?b"


def test_what_does_not_fit_into_a_frame_is_too_large_for_this_provider(monkeypatch) -> None:
    """Another one may take it."""
    monkeypatch.setattr(frames, "MAX_FRAME", 1000)
    with pytest.raises(ProviderFailed) as caught:
        sent(a_request(system="x" * 1000))
    assert caught.value.failure.kind is FailureClass.REQUEST_SIZE
