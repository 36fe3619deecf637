"""One budget for all buffers, against a real daemon: who is refused, who is served, what is kept.

The whole attacks are in `tests/hardness`.
"""

from contextlib import ExitStack
from pathlib import Path
from socket import AF_UNIX, socket

import msgpack
import pytest

from aircherd.testing.simulator import Simulator
from helpers.daemon.ipc_requests import ask, refusal
from helpers.daemon.load import LOCAL_PROVIDER
from helpers.daemon.real_daemon import Home, wait_until

MEGABYTE = 1024 * 1024
BUDGET = 64
FRAME = 16 * MEGABYTE


@pytest.fixture
def served(home: Home, sim: Simulator) -> Home:
    """A daemon with a small budget."""
    sim.keys.accept("openai", "*")
    home.write_config(LOCAL_PROVIDER.format(url=sim.url) + f"[daemon]\nmax_memory = {BUDGET}\n")
    home.start(log_level="info")
    return home


def resident(home: Home) -> float:
    """Return the daemon's resident memory in megabytes."""
    assert home.process is not None
    return int(Path(f"/proc/{home.process.pid}/statm").read_text().split()[1]) * 4096 / MEGABYTE


def memory(home: Home) -> dict[str, int]:
    with home.client() as client:
        found: dict[str, int] = client.call("status", {"keyring": False})["memory"]
        return found


def half_a_frame(home: Home) -> socket:
    """Return a connection with a large prompt that does not end."""
    messages = [{"role": "user", "content": "x" * FRAME}]
    frame = msgpack.packb([0, 1, "chat", [{"model": "work/m", "messages": messages}]])
    connection = socket(AF_UNIX)
    connection.connect(str(home.socket))
    connection.sendall(frame[:-10])
    return connection


def test_unfinished_frames_are_refused_and_others_are_served(served: Home) -> None:
    """What was taken is given back to the system, and `status` and `doctor` say what happened."""
    with served.client() as client:
        ask(client, model="work/m")
    before = resident(served)
    with ExitStack() as stack:
        clients = [stack.enter_context(half_a_frame(served)) for _ in range(10)]
        with served.client() as client:
            assert ask(client, model="work/m")["finish"] == "stop"
        [_, msgid, error, _] = msgpack.unpackb(clients[-1].recv(4096))
        assert (msgid, error["code"]) == (1, "busy")
        assert resident(served) - before < 2 * BUDGET < len(clients) * FRAME / MEGABYTE
        clients[-1].sendall(b"x" * 10 + msgpack.packb([0, 2, "ping", []]))
        assert msgpack.unpackb(clients[-1].recv(4096)) == [1, 2, None, {}]
    assert memory(served)["refused"] > 0
    wait_until(lambda: memory(served)["used"] < MEGABYTE, "the budget is free again")
    wait_until(lambda: resident(served) - before < 20, "the memory is given back")
    assert "refused since the start" in served.cli("status").stdout
    assert "config set daemon.max_memory 128" in served.cli("doctor").stdout


def test_a_prompt_beyond_the_share_is_refused_until_the_budget_grows(
    served: Home, sim: Simulator
) -> None:
    """A reload is enough."""
    sim.behave(text="ok")
    prompt = "x" * (20 * MEGABYTE)
    with served.client() as client:
        error = refusal(client, prompt, model="work/m")
        assert (error.code, "max_memory" in str(error)) == ("busy", True)
        text = served.config_file.read_text()  # whose port may have the digits of the budget
        served.write_config(text.replace(f"max_memory = {BUDGET}", "max_memory = 256"))
        client.call("config.reload")
        assert ask(client, prompt, model="work/m")["finish"] == "stop"
    assert memory(served)["total"] == 256 * MEGABYTE
