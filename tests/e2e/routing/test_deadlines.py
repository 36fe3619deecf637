"""The deadline of a whole request, at every stage, over real sockets."""

import socket
from contextlib import ExitStack

import pytest

from aircher_client import DaemonError

KEY = "canary-work-0123456789abcdef"
LARGE = "q" * 1_000_000


@pytest.fixture
def silent():
    """The port of a server that accepts connections and data, and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def full():
    """The port of a server with a full queue, so that connecting hangs."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def timed_out(daemon, port, prompt):
    """Send a request to a server at `port` with a short deadline; return error and usage."""
    text = f'[providers.slow]\nkind = "openai"\nbase_url = "http://127.0.0.1:{port}/v1"\n'
    daemon.config_file.write_text(daemon.config_file.read_text() + text)
    assert daemon.cli("config", "reload").returncode == 0
    daemon.login("slow", KEY, "--no-verify")
    request = {
        "model": "slow/m",
        "messages": [{"role": "user", "content": prompt}],
        "timeout": 0.5,
        "stream": False,
    }
    with daemon.client() as client:
        with pytest.raises(DaemonError) as caught:
            client.call("chat", request)
        (row,) = client.call("usage.report", {"by": ["provider"]})["rows"]
    return caught.value, row


@pytest.mark.parametrize("prompt", ["q", LARGE], ids=["small", "large"])
def test_a_server_that_never_responds_times_out(daemon, silent, prompt):
    """The attempt counts as estimated, because the server may be working on it."""
    error, row = timed_out(daemon, silent, prompt)
    assert (error.code, error.message) == ("timeout", "no complete answer within 0.5 s")
    assert [a["outcome"] for a in error.data["attempts"]] == ["timeout"]
    assert (row["requests"], row["estimated"]) == (1, 1)


def test_a_connection_that_is_never_established_times_out(daemon, full):
    """The attempt costs nothing, because nothing was sent."""
    error, row = timed_out(daemon, full, "q")
    assert error.code == "timeout"
    assert [a["outcome"] for a in error.data["attempts"]] == ["timeout"]
    assert (row["requests"], row["estimated"], row["input_tokens"]) == (1, 0, 0)
