"""Requests to a daemon over its socket, and their results."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aircher_client import Client, DaemonError
from aircherd.testing.simulator import Received, Simulator
from helpers.daemon.real_daemon import PATIENCE, Home

Map = dict[str, Any]

KEYS = {
    "WORK_KEY": "canary-work-0123456789abcdef",
    "SPARE_KEY": "canary-spare-0123456789abcdef",
}
"""The environment of a daemon with the keys of both providers of the `home` fixture."""


def a_chat(prompt: str = "one two three", **fields: Any) -> Map:
    """Return a chat request, by default to the alias `chain`."""
    return {"messages": [{"role": "user", "content": prompt}], "model": "chain", **fields}


def ask(client: Client, prompt: str = "one two three", **fields: Any) -> Map:
    """Return the result of a chat."""
    return client.chat(a_chat(prompt, **fields))


def refusal(client: Client, prompt: str = "one two three", **fields: Any) -> DaemonError:
    """Return the error of a chat that must fail."""
    with pytest.raises(DaemonError) as caught:
        ask(client, prompt, **fields)
    return caught.value


def run_concurrently(client: Client, requests: Iterable[Map]) -> list[Map]:
    """Send all requests at once and wait for the results, each `{result}` or `{error}`."""
    ended: dict[int, Map] = {}

    def note(method: str, params: Map) -> None:
        if method == "chat.done":
            ended[params["stream"]] = params

    started = [client.call("chat.start", each, on_notification=note) for each in requests]
    deadline = time.monotonic() + 3 * PATIENCE
    while len(ended) < len(started):
        assert time.monotonic() < deadline, f"{len(started) - len(ended)} requests never ended"
        client.call("ping", on_notification=note)
        time.sleep(0.01)
    return [ended[each["stream"]] for each in started]


@contextmanager
def collect_events(home: Home, *topics: str) -> Iterator[list[Map]]:
    """Collect the events of `topics` during the block; the list is complete after it."""
    events: list[Map] = []
    with home.client() as client:
        client.call("events.subscribe", {"topics": list(topics)})
        yield events
        client.call("ping", on_notification=lambda _, event: events.append(event))


def attempt_outcomes(answer: Map) -> list[tuple[str, str]]:
    """Return the provider and the outcome of each attempt of a result, or of an error's data."""
    return [(each["provider"], each["outcome"]) for each in answer["attempts"]]


def skip_reasons(answer: Map) -> list[tuple[str, str]]:
    """Return the provider and the reason of each skipped candidate."""
    return [(each["provider"], each["reason"]) for each in answer["skipped"]]


def chats(sim: Simulator, vendor: str | None = None) -> list[Received]:
    """Return the chats that the simulator received."""
    received = [each for each in sim.requests if each.endpoint == "chat"]
    return [each for each in received if vendor in (None, each.vendor)]
