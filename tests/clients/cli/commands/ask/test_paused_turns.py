"""Turns that the provider paused."""

import pytest

from aircher_cli.commands.ask.paused_turns import MAX_PAUSES, continue_turn, join_results
from aircher_client import DaemonError
from helpers.daemon.cli_daemon import Map, chat_result

SEARCH: Map = {"type": "other", "kind": "server_tool_use", "origin": "a/m", "data": "{}"}


def paused(*parts: Map, **changes: object) -> Map:
    message = {"role": "assistant", "content": [*parts]}
    return chat_result("", message=message, finish="pause", provider="a", model="m", **changes)


class Replies:
    """A client whose chats end with these results."""

    def __init__(self, *results: Map) -> None:
        self.results = list(results)
        self.requests: list[Map] = []

    def chat(self, request: Map, on_delta: object) -> Map:
        del on_delta
        self.requests.append(request)
        return self.results.pop(0)


def turn(client: Replies, request: Map, first: Map, elapsed: float = 0.0) -> Map:
    return continue_turn(
        client,  # type: ignore[arg-type] -- only `chat` is used
        request,
        first,
        lambda delta: None,
        started=100.0,
        now=lambda: 100.0 + elapsed,
    )


def test_a_turn_is_continued_with_its_model() -> None:
    """The reply so far is the last message, with everything that the provider sent."""
    question = {"role": "user", "content": "why?"}
    client = Replies(paused(SEARCH), chat_result("because"))
    whole = turn(
        client, {"messages": [question], "model": "alias", "timeout": 60.0}, paused(SEARCH), 9
    )
    assert client.requests == [
        {
            "messages": [question, {"role": "assistant", "content": [SEARCH] * count}],
            "model": "a/m",
            "timeout": 51.0,
        }
        for count in (1, 2)
    ]
    assert whole["finish"] == "stop"
    assert whole["message"] == {
        "role": "assistant",
        "content": [SEARCH, SEARCH, {"type": "text", "text": "because"}],
    }
    assert whole["usage"] == {"input_tokens": 36, "output_tokens": 9, "cached_tokens": 0}
    assert whole["cost"] == "0.0036"
    assert len(whole["attempts"]) == 3  # type: ignore[arg-type]


def test_a_turn_is_not_continued_for_ever() -> None:
    """A provider that only pauses is asked a limited number of times."""
    client = Replies(*[paused(SEARCH)] * 20)
    assert turn(client, {"messages": []}, paused(SEARCH))["finish"] == "pause"
    assert len(client.requests) == MAX_PAUSES


@pytest.mark.parametrize(("first", "elapsed"), [(paused(SEARCH), 60), (paused(), 0)])
def test_a_turn_that_cannot_be_continued(first: Map, elapsed: float) -> None:
    """There is no time left, or nothing to send back."""
    client = Replies()
    assert turn(client, {"messages": [], "timeout": 60.0}, first, elapsed) == first


def test_a_failure_keeps_the_text_so_far() -> None:
    """The part before the pause may not be shown yet."""

    class Fails(Replies):
        def chat(self, request: Map, on_delta: object) -> Map:
            raise DaemonError("truncated", "broke off", {"text": "two", "status": 1})

    with pytest.raises(DaemonError) as caught:
        turn(Fails(), {"messages": []}, paused({"type": "text", "text": "one "}))
    assert caught.value.data == {"text": "one two", "status": 1}
    assert (caught.value.code, caught.value.message) == ("truncated", "broke off")


def test_unknown_counts_stay_unknown() -> None:
    """A sum with an unknown cost would be too low."""
    joined = join_results(chat_result("a", cost=None), chat_result("b", usage=None))
    assert (joined["cost"], joined["usage"]) == (None, None)
