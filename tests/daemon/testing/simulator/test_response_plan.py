"""Faults in sending a response, tested with a plain HTTP client."""

import json

import httpx
import pytest
import trio
import trio.testing

from aircherd.testing.simulator import Fault, Simulator, open_simulator

URLS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "openrouter": "/api/v1/chat/completions",
    "ollama": "/ollama/v1/chat/completions",
}
HEADERS = {"authorization": "Bearer made-up", "anthropic-version": "2023-06-01"}
HTML_TYPE = "text/html; charset=UTF-8"
MARKERS = {"openai": "[DONE]", "anthropic": "message_stop"}
BODY = {
    "model": "m",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "one two three four"}],
    "stream": True,
}


@pytest.fixture
async def simulator():
    async with open_simulator() as simulator:
        for vendor in URLS:
            simulator.keys.accept(vendor, "made-up")
        yield simulator


@pytest.fixture
async def client():
    async with httpx.AsyncClient(trust_env=False, headers=HEADERS, timeout=30) as client:
        yield client


async def read(simulator: Simulator, client: httpx.AsyncClient, vendor: str, **body: object):
    """Return the data that could be read, and the error that ended it."""
    text = b""
    try:
        async with client.stream(
            "POST", simulator.url + URLS[vendor], json=BODY | body
        ) as response:
            async for data in response.aiter_raw():
                text += data
    except httpx.TransportError as error:
        return text.decode(), type(error)
    return text.decode(), None


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
async def test_truncate_ends_well_formed_without_the_end_marker(simulator, client, vendor):
    """After two pieces the HTTP body ends correctly, but the stream is incomplete."""
    simulator.faults.add(Fault("truncate", after=2))
    text, error = await read(simulator, client, vendor)
    assert None is error
    assert ('" two"' in text, '" three"' in text) == (True, False)
    assert MARKERS[vendor] not in text


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
async def test_no_end_marker_leaves_out_only_the_last_event(simulator, client, vendor):
    """Every word and the finish reason arrive, but not the end marker."""
    simulator.faults.add(Fault("no_end_marker"))
    text, error = await read(simulator, client, vendor)
    assert None is error
    assert '" four"' in text
    assert MARKERS[vendor] not in text


@pytest.mark.parametrize(
    ("kind", "error"), [("cut", httpx.RemoteProtocolError), ("reset", httpx.ReadError)]
)
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
async def test_a_broken_connection_comes_after_the_pieces(simulator, client, vendor, kind, error):
    """The first piece arrives, then the connection ends with FIN or RST."""
    simulator.faults.add(Fault(kind, after=1))
    text, raised = await read(simulator, client, vendor)
    assert error is raised
    assert ('"one"' in text, '" two"' in text) == (True, False)


@pytest.mark.parametrize(
    ("kind", "error"), [("cut", httpx.RemoteProtocolError), ("reset", httpx.ReadError)]
)
async def test_a_connection_can_end_before_the_first_byte(simulator, client, kind, error):
    """Without a position the connection ends before the status line."""
    simulator.faults.add(Fault(kind))
    assert ("", error) == await read(simulator, client, "openai")


@pytest.mark.parametrize(
    ("vendor", "sign"),
    [
        ("openai", '"code":"server_is_overloaded"'),
        ("anthropic", "event: error\n"),
        ("openrouter", '"finish_reason":"error"'),
        ("ollama", "server busy"),
    ],
)
async def test_an_error_inside_a_stream_has_the_vendors_format(simulator, client, vendor, sign):
    """It follows the pieces, and nothing follows it."""
    simulator.faults.add(Fault("stream_error", error="overloaded", after=1))
    text, error = await read(simulator, client, vendor)
    events = text.removesuffix("\n\n").split("\n\n")
    assert None is error
    assert sign in events[-1] + "\n"
    assert '"one"' in text
    assert '" two"' not in text


async def test_openrouter_reports_an_unstreamed_failure_inside_the_choice(simulator, client):
    """Status 200, the error in choices[0]."""
    simulator.faults.add(Fault("stream_error", error="unavailable"))
    url = simulator.url + URLS["openrouter"]
    response = await client.post(url, json=BODY | {"stream": False})
    choice = response.json()["choices"][0]
    assert (
        response.status_code,
        choice["finish_reason"],
        choice["error"]["code"],
    ) == (200, "error", 502)


async def test_a_malformed_event_is_between_good_ones(simulator, client):
    """One event is not JSON; those around it are."""
    simulator.faults.add(Fault("malformed", after=1))
    text, _ = await read(simulator, client, "openai")
    broken = []
    for event in text.removesuffix("\n\n").split("\n\n")[:-1]:
        try:
            json.loads(event.removeprefix("data: "))
        except ValueError:
            broken.append(event)
    assert len(broken) == 1
    assert "[DONE]" in text


async def test_any_text_can_be_injected_as_the_last(simulator, client):
    """Such as LM Studio's `event: error` with nothing after it."""
    event = 'event: error\ndata: {"error":{"message":"x"}}\n\n'
    simulator.faults.add(Fault("inject", text=event, after=1, last=True))
    text, _ = await read(simulator, client, "openai")
    assert text.endswith(event)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("html"), (502, HTML_TYPE, "<!DOCTYPE html>")),
        (Fault("html", status=200), (200, HTML_TYPE, "<!DOCTYPE html>")),
        (Fault("empty"), (200, None, "")),
        (
            Fault("answer", status=413, body="no", content_type="text/plain"),
            (413, "text/plain", "no"),
        ),
        (Fault("content_type"), (200, "text/plain", "data: ")),
        (Fault("no_stream"), (200, "application/json", '{"id":')),
    ],
)
async def test_a_fault_can_replace_the_response(simulator, client, fault, expected):
    """Web pages, empty bodies, wrong types, and JSON instead of a stream."""
    simulator.faults.add(fault)
    response = await client.post(simulator.url + URLS["openai"], json=BODY)
    start = response.text[: max(len(expected[2]), 1)]
    assert expected == (response.status_code, response.headers.get("content-type"), start)


@pytest.mark.parametrize("after", [None, 0, 2])
async def test_a_stall_ends_after_its_seconds(simulator, client, autojump_clock, after):
    """The response is complete but late."""
    simulator.faults.add(Fault("stall", after=after, seconds=20))
    began = trio.current_time()
    text, error = await read(simulator, client, "openai")
    assert pytest.approx(trio.current_time() - began, abs=0.1) == 20
    assert ("[DONE]" in text, error) == (True, None)


async def test_a_disconnect_during_a_stall_is_recorded(simulator, client):
    """An endless stall ends with its client."""
    simulator.faults.add(Fault("stall", after=1))
    async with client.stream("POST", simulator.url + URLS["openai"], json=BODY):
        received = simulator.requests[-1]
        assert not received.disconnected.is_set()
    with trio.fail_after(5):
        await received.disconnected.wait()
        await received.finished.wait()


async def test_a_disconnect_between_slow_words_is_recorded(simulator, client):
    """The pauses of a slow stream notice it."""
    simulator.behave(delay=0.005)
    body = BODY | {"messages": [{"role": "user", "content": "count 100000"}]}
    async with client.stream("POST", simulator.url + URLS["anthropic"], json=body):
        pass
    with trio.fail_after(5):
        await simulator.requests[-1].disconnected.wait()


async def test_delays_are_between_the_writes(simulator, client, autojump_clock):
    """A first delay, then one between each two of six writes."""
    simulator.behave(first_delay=3, delay=1)
    began = trio.current_time()
    await read(simulator, client, "openai")
    assert pytest.approx(trio.current_time() - began, abs=0.1) == 8


async def test_a_slow_head_arrives_whole(simulator, client, autojump_clock):
    """The response is valid."""
    simulator.faults.add(Fault("slow_head", seconds=0.5))
    began = trio.current_time()
    text, error = await read(simulator, client, "openai")
    assert ("[DONE]" in text, error) == (True, None)
    assert trio.current_time() - began > 100


@pytest.mark.parametrize("size", [1, 2, 100])
async def test_grouping_events_changes_no_byte(simulator, client, size):
    """The body is the same however many events are sent together."""
    simulator.behave(events_per_write=size)
    text, _ = await read(simulator, client, "openai")
    assert text.count("data: ") == 7


async def test_a_kept_connection_can_be_closed_without_notice(simulator, client):
    """The response claims to keep it open, but the next request needs another."""
    simulator.faults.add(Fault("close_after"))
    first, _ = await read(simulator, client, "openai")
    await trio.testing.wait_all_tasks_blocked()  # the server closes after the client has it all
    await read(simulator, client, "openai")
    assert "[DONE]" in first
    assert [received.connection for received in simulator.requests] == [1, 2]


async def test_connections_are_reused_and_numbered(simulator, client):
    """Two consecutive requests use one connection."""
    for _ in range(2):
        await read(simulator, client, "openai")
    assert [received.connection for received in simulator.requests] == [1, 1]
    assert simulator.open_connections == 1


async def test_an_unstreamed_response_breaks_in_the_middle(simulator, client):
    """Half of the announced body arrives."""
    simulator.faults.add(Fault("cut", after=0))
    text, error = await read(simulator, client, "openai", stream=False)
    assert httpx.RemoteProtocolError is error
    assert text.startswith('{"id":')
    assert not text.endswith("}")
