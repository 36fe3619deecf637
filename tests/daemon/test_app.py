"""The whole daemon in this process: opened, called over its socket, and closed."""

import os
import threading
from collections.abc import Coroutine
from functools import partial
from pathlib import Path

import msgpack
import pytest
import trio
from structlog.testing import capture_logs

from aircherd.files.data_lock import AlreadyRunning
from aircherd.memory.request_memory import uncounted
from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import Fault, open_simulator
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from helpers.daemon.in_process import KEY, ask, running, write_config
from helpers.http_api.server import HttpPeer, request
from helpers.providers.provider_calls import a_request


async def test_socket_accepts_requests_when_the_context_is_entered(environ):
    """It is removed when the context is left."""
    async with running(environ) as services:
        assert await ask(services, "ping") == {}
        status = await ask(services, "status")
        assert (status["pid"], status["started_by"], status["clients"]) == (os.getpid(), "user", 1)
        assert status["config"]["ok"]
    assert not services.about.socket.exists()


async def test_chat_uses_a_key_from_the_keyring(environ):
    """The key is stored by `auth.login` and sent only to its provider."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        write_config(environ, f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        async with running(environ, keyring=MemoryStore()) as services:
            row = await ask(services, "auth.login", provider="work", key=KEY)
            assert (row["state"], row["source"], row["masked"]) == (
                "authenticated",
                "keyring",
                "…cdef",
            )
            message = {"role": "user", "content": "hello"}
            got = await ask(services, "chat", model="work/m", messages=[message])
            assert got["message"]["content"] == [{"type": "text", "text": "hello"}]
            assert sim.requests[-1].key == KEY
            assert "cost" in got


async def test_logout_drops_prepared_requests(environ):
    """Requests are prepared once, and contain the key."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        write_config(environ, f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        async with running(environ, keyring=MemoryStore()) as services:
            await ask(services, "auth.login", provider="work", key=KEY)
            config, request = services.config.current, a_request()
            target = services.provider_client.prepare(
                config.providers["work"], Model(id="m"), config.network
            )
            key = await services.auth.get_api_key(target.provider)
            call = await services.provider_client.open_chat(
                target, request, key, memory=uncounted()
            )
            await call.aclose()
            (call,) = target.calls.values()
            assert KEY.encode() in call.head.encoded
            await ask(services, "auth.logout", provider="work")
            assert (target.key, target.calls) == (None, {})


async def test_no_method_returns_a_key(environ):
    """Every result is a map without a key."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        write_config(environ, f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        async with running(environ, keyring=MemoryStore()) as services:
            answers = [
                await ask(services, method, **params)
                for method, params in (
                    ("hello", {"client": {"name": "test"}}),
                    ("auth.login", {"provider": "work", "key": KEY}),
                    ("auth.status", {}),
                    ("auth.test", {}),
                    ("auth.import", {"variables": {"OPENAI_API_KEY": KEY}, "verify": False}),
                    ("status", {}),
                    ("events.subscribe", {"topics": ["auth", "provider", "attempt", "config"]}),
                    ("events.unsubscribe", {}),
                    ("config.check", {"text": f'[providers.x]\napi_key = "{KEY}"'}),
                    ("config.reload", {}),
                    ("auth.logout", {"provider": "work"}),
                )
            ]
    assert [type(answer) for answer in answers] == [dict] * len(answers)
    assert [answer for answer in answers if "code" in answer] == []
    assert KEY not in str(answers)
    assert answers[-1]["removed"] == 1
    assert [p["line"] for p in answers[-3]["problems"] if "api_key" in p["path"]] == [2]


async def test_second_daemon_in_the_same_home_is_refused(environ):
    """There is one daemon per socket and per data directory."""
    async with running(environ):
        with pytest.raises(AlreadyRunning):
            async with running(environ):
                pass


async def test_hanging_disk_does_not_block_shutdown(environ, monkeypatch):
    """The writing thread is abandoned; the log lists the files that were not written."""
    may_go_on, hangs = threading.Event(), threading.Event()

    def hang(descriptor):
        hangs.set()
        assert may_go_on.wait(60)

    write_config(environ, '[providers.work]\nkind="openai"\nbase_url="http://127.0.0.1:9/v1"\n')
    try:
        with capture_logs() as logs:
            async with running(environ, keyring=MemoryStore()) as services:
                monkeypatch.setattr(os, "fsync", hang)
                provider = services.config.current.providers["work"]
                services.catalog.store_list(provider, [Model(id="m")], 1.0)
                assert await trio.to_thread.run_sync(hangs.wait, 10)
                quota = Failure(kind=FailureClass.QUOTA, message="used up")
                services.provider_client.cooldowns.note_failure(provider, "k", "m", quota)
                assert await ask(services, "ping") == {}
    finally:
        may_go_on.set()
    (not_written,) = [entry for entry in logs if entry["event"] == "data_files_not_written"]
    names = [Path(file).name for file in not_written["files"]]
    assert names == ["list-work.json", "cooldowns.json"]


async def test_shutdown_request_drains_the_clients(environ):
    """An idle client gets a last message, then the end of the stream."""
    async with running(environ) as services:
        async with await trio.open_unix_socket(str(services.about.socket)) as stream:
            await stream.send_all(msgpack.packb([0, 1, "ping", []]))
            await stream.receive_some()
            services.shutdown.requested.set()
            last = b""
            while data := await stream.receive_some():
                last += data
        assert b"shutting_down" in last


CHAT = (
    "POST /v1/chat/completions HTTP/1.1\nHost: x\nUser-Agent: curl/8\nContent-Length: {}\n\n"
    '{{"model": "work/{}", "stream": {}, "messages": [{{"role": "user", "content": "hello"}}]}}'
)


def chat_over_http(model="m", stream="false"):
    body = CHAT.format(0, model, stream).partition("\n\n")[2]
    return request(CHAT.format(len(body), model, stream))


async def test_http_clients_are_served_counted_and_drained(environ):
    """They are clients like those of the socket; one that leaves ends the call of the provider."""
    path = Path(environ["XDG_RUNTIME_DIR"]) / "aircher" / "http.sock"
    async with open_simulator(accept={"openai": KEY}) as sim:
        write_config(
            environ,
            f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n'
            '[clients."curl"]\nallow = ["chat"]\n',
        )
        sim.faults.add(Fault("stall", model="stalls", after=1, times=None))
        async with running(environ, keyring=MemoryStore()) as services:
            await ask(services, "auth.login", provider="work", key=KEY)
            peer = HttpPeer(await trio.open_unix_socket(str(path)))
            await peer.send(chat_over_http())
            status, headers, body = await peer.answer()
            assert (status, headers["x-aircher-provider"]) == (200, "work")
            assert b"hello" in body
            found = await ask(services, "status", clients=True, keyring=False)
            assert found["http"] == {"socket": str(path), "connections": 1}
            (row,) = [each for each in found["connected"] if each["name"] == "curl"]
            assert (row["pid"], row["role"], row["http"]) == (os.getpid(), "chat", "socket")
            await peer.send(chat_over_http("stalls", "true"))
            while not services.chat.statistics()["active"]:  # noqa: ASYNC110 - it has no event
                await trio.sleep(0.001)
            await peer.until(b"data: ")
            await peer.stream.send_eof()
            while services.chat.statistics()["active"]:  # noqa: ASYNC110 - likewise
                await trio.sleep(0.001)
            await peer.stream.aclose()
            while services.doors.state()["connections"]:  # noqa: ASYNC110 - likewise
                await trio.sleep(0.001)
            assert len(services.clients) == 0
            idle = HttpPeer(await trio.open_unix_socket(str(path)))
            assert (await idle.ask("GET / HTTP/1.1\nHost: x\n\n"))[0] == 200
        assert await idle.rest() == b""
        await idle.stream.aclose()
    assert not path.exists()


SOCKET = "TcpStream.receive_some"
"""The last frame that is ours: below it are trio's."""


def awaited_frames(coroutine) -> list[str]:
    """Return the names of the coroutines that wait for each other, the outermost first."""
    names = []
    while hasattr(coroutine, "cr_await"):
        names.append(coroutine.cr_code.co_qualname)
        coroutine = coroutine.cr_await
    return names


@pytest.mark.parametrize("after", [None, 0])
async def test_a_chat_crosses_few_frames(environ, after):
    """From its task to the socket at most 15 coroutines wait, for the head as for the body."""
    stacks = []
    async with open_simulator(accept={"openai": KEY}) as sim:
        write_config(environ, f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        async with running(environ, keyring=MemoryStore()) as services:
            await ask(services, "auth.login", provider="work", key=KEY, verify=False)
            message = {"role": "user", "content": "hello"}
            async with trio.open_nursery() as nursery:
                chat = partial(ask, services, "chat", model="work/m", messages=[message])
                await chat()  # its key is known to work from now on
                await chat()  # the first choice is known from now on
                sim.faults.add(Fault("stall", after=after, times=None))
                nursery.start_soon(chat)
                while not stacks:
                    await trio.sleep(0.01)
                    found = map(awaited_frames, served_coroutines())
                    stacks = [each for each in found if SOCKET in each]
                nursery.cancel_scope.cancel()
    assert [each[: each.index(SOCKET) + 1] for each in stacks if each.index(SOCKET) >= 15] == []


def served_coroutines() -> list[Coroutine]:
    """Return the coroutines of all tasks that serve requests."""
    tasks = [trio.lowlevel.current_root_task()]
    for task in tasks:
        tasks += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
    return [task.coro for task in tasks if "RequestTask.run" in task.name]
