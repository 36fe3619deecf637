"""A new configuration takes effect everywhere at once, an invalid one nowhere."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import Fault, open_simulator
from aircherd.testing.simulator.keys import ANY_KEY
from aircherd.vocabulary.attempt import Attempt
from aircherd.vocabulary.failure import Failure, FailureClass
from helpers.daemon.in_process import KEY, ask, running, write_config


async def test_reload_applies_network_settings_without_a_restart(environ):
    """Requests use a transport with the new settings; a missing `ca_file` is refused."""
    async with open_simulator(accept={"openai": KEY}) as sim:
        text = f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n'
        write_config(environ, text)
        async with running(environ, keyring=MemoryStore()) as services:
            await ask(services, "auth.login", provider="work", key=KEY)
            write_config(environ, text + "[network]\nfirst_byte_timeout = 5\n")
            assert "code" not in await ask(services, "config.reload")
            assert services.config.current.network.first_byte_timeout == 5
            write_config(environ, text + '[network]\nca_file = "/nowhere.pem"\n')
            assert (await ask(services, "config.reload"))["code"] == "config_invalid"
            message = {"role": "user", "content": "hello"}
            got = await ask(services, "chat", model="work/m", messages=[message])
            assert got["finish"] == "stop"


async def test_provider_with_a_new_origin_loses_its_cooldowns_and_failure(environ):
    """Another server caused them; an unchanged provider keeps its own."""
    text = '[providers.{name}]\nkind="openai"\nauth="none"\nbase_url="http://127.0.0.1:{port}/v1"\n'
    stays = text.format(name="stays", port=8)
    write_config(environ, stays + text.format(name="moves", port=8))
    failure = Failure(kind=FailureClass.NETWORK, message="no connection")
    async with running(environ, keyring=MemoryStore()) as services:
        cooldowns = services.provider_client.cooldowns
        for name in ("stays", "moves"):
            provider = services.config.current.providers[name]
            cooldowns.note_failure(provider, None, "m", failure)
            failed = Attempt(provider=name, model="m", outcome="network", ms=1)
            services.chat.services.last_failures.note(failed)
        write_config(environ, stays + text.format(name="moves", port=9))
        assert "code" not in await ask(services, "config.reload")
        cooling = [cooldowns.cooling(name, None, "m") is not None for name in ("stays", "moves")]
        rows = {row["provider"]: row for row in (await ask(services, "status"))["providers"]}
    assert cooling == [True, False]
    assert ["last_failure" in rows[name] for name in ("stays", "moves")] == [True, False]


async def test_a_removed_provider_leaves_no_cooldown_to_another_of_its_name(environ):
    """The new one may be another server."""
    text = '[providers.w]\nkind="openai"\nauth="none"\nbase_url="http://127.0.0.1:8/v1"\n'
    write_config(environ, text)
    failure = Failure(kind=FailureClass.NETWORK, message="no connection")
    async with running(environ, keyring=MemoryStore()) as services:
        cooldowns = services.provider_client.cooldowns
        cooldowns.note_failure(services.config.current.providers["w"], None, "m", failure)
        for each in ("", text.replace(":8", ":9")):
            write_config(environ, each)
            assert "code" not in await ask(services, "config.reload")
        assert cooldowns.cooling("w", None, "m") is None


async def test_what_can_be_used_of_a_first_file_takes_effect(environ):
    """Without a good file so far, limits of a partly valid one count, and it is reported."""
    write_config(environ, "nonsense = 1\n")
    text = '[providers.broken]\n[[limits]]\nrequests = 5\nper = "day"\n'
    async with running(environ, keyring=MemoryStore()) as services:
        assert services.limits.status() == []
        write_config(environ, text)
        assert (await ask(services, "config.reload"))["code"] == "config_invalid"
        assert [status.max for status in services.limits.status()] == [5]
        assert services.config.in_use == "the valid entries"


PROVIDER = '[providers.{name}]\nkind = "openai"\nauth = "none"\nbase_url = "{url}/v1"\n'


@asynccontextmanager
async def watched(environ, *texts):
    """Run a daemon with a file of these texts; yield it, its file and the "config" events."""
    write_config(environ, "".join(texts))
    events = []
    async with running(environ, keyring=MemoryStore()) as services:
        with services.bus.subscribed(("config",), lambda event: events.append(event.data)):
            yield services, Path(environ["HOME"]) / ".aircher" / "config.toml", events


async def when(is_so):
    """Wait until something happened that the watcher causes."""
    with trio.fail_after(20):
        while not is_so():  # noqa: ASYNC110 - what changes is in another thread
            await trio.sleep(0.01)


async def noted(services):
    """Return what the audit log has of reloads; it names what changed, and has no values."""
    rows = await services.audit.list(None, None, None, "config_reload", 100)
    return [(row.get("by"), row["outcome"], row.get("entries")) for row in rows]


async def test_a_changed_file_takes_effect_by_itself(environ):
    """One event says what changed, field by field."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    async with watched(environ, text) as (services, file, events):
        file.write_text(text.replace(":8", ":9"))
        await when(lambda: events)
        change = {
            "path": "providers.work.base_url",
            "before": "http://127.0.0.1:8/v1",
            "after": "http://127.0.0.1:9/v1",
        }
        assert events == [{"ok": True, "changed": True, "changes": [change]}]
        assert services.config.current.providers["work"].base_url == "http://127.0.0.1:9/v1"
        assert await noted(services) == [("file", "ok", ["providers.work.base_url"])]


async def test_a_bad_file_is_reported_once_and_never_takes_effect(environ):
    """However often it is saved; the repaired file is one more event, with nothing changed."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    async with watched(environ, text) as (services, file, events):
        good = services.config.current
        file.write_text(text + "[network]\nidle = 5\n")
        await when(lambda: events)
        assert (await ask(services, "config.reload"))["code"] == "config_invalid"
        file.write_text(text + "[network]\nidle = 5\n# again\n")
        await trio.sleep(1)
        assert [event["ok"] for event in events] == [False]
        assert services.config.current is good
        file.write_text(text)
        await when(lambda: len(events) > 1)
        assert events[1] == {"ok": True, "changed": False, "changes": []}
        assert await noted(services) == [
            ("file", "config_invalid", None),
            (None, "config_invalid", None),
            ("file", "ok", None),
        ]


async def test_a_bad_file_is_not_reported_while_it_is_saved_again_and_again(environ):
    """It is half-written at each look, with pauses that are long enough to be read."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    async with watched(environ, text) as (services, file, events):
        for number in range(25):
            file.write_text(f"{text}# {number}\n[netw")
            await trio.sleep(0.1)
        assert (events, services.config.problem) == ([], None)
        file.write_text(text.replace(":8", ":9"))
        await when(lambda: events)
        assert [event["ok"] for event in events] == [True]


async def test_a_client_that_leaves_stops_no_reload_half_way(environ, monkeypatch):
    """The event is published and keys are read, whenever the client leaves."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    async with watched(environ, text) as (services, file, events):
        reads, entered, go_on = [], trio.Event(), trio.Event()

        async def reload_keys():
            entered.set()
            await go_on.wait()
            reads.append(services.config.current.providers["work"].base_url)

        monkeypatch.setattr(services.auth, "reload", reload_keys)
        async with trio.open_nursery() as client:
            file.write_text(text.replace(":8", ":9"))
            client.start_soon(services.reload)
            await entered.wait()
            client.cancel_scope.cancel()
        go_on.set()
        await when(lambda: events)
        assert reads == ["http://127.0.0.1:9/v1"]


async def test_a_failed_reload_ends_only_its_request(environ, monkeypatch):
    """As after the installation was removed: later reloads may work."""

    async def fail():
        raise ImportError("No module named 'aircherd.config.changes'")

    async with watched(environ, "") as (services, file, _events):
        with monkeypatch.context() as patched:
            patched.setattr(services.auth, "reload", fail)
            with pytest.raises(ImportError):
                await services.reload()
        file.write_text("[usage]\nkeep_days = 50\n")
        assert "code" not in await ask(services, "config.reload")
        assert services.config.current.keep_days == 50


async def test_keys_are_read_again_only_if_their_settings_changed(environ, monkeypatch):
    """Reading a keyring takes time, and may ask the user for a password."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    async with watched(environ, text) as (services, file, events):
        reads = []

        async def config_changed():
            reads.append(len(events))

        monkeypatch.setattr(services.auth, "config_changed", config_changed)
        file.write_text(text + "[network]\nidle_timeout = 5\n")
        await when(lambda: len(events) == 1)
        assert reads == []
        file.write_text(text.replace('auth = "none"', 'env = "WORK_KEY"'))
        await when(lambda: len(events) == 2)
        assert reads == [1]
        engine = '[shared]\nurl = "rediss://valkey.example.com"\n'
        file.write_text(text + engine)
        await when(lambda: len(events) == 3)
        assert reads == [1, 2]  # the engine's password is read
        file.write_text(text + engine + 'machine = "laptop"\n')
        await when(lambda: len(events) == 4)
        assert reads == [1, 2]
        file.write_text(text + engine + 'key_command = ["pass", "valkey"]\n')
        await when(lambda: len(events) == 5)
        assert reads == [1, 2, 4]


async def test_a_running_request_ends_as_it_began(environ):
    """Its provider is removed meanwhile; the stream is not broken, and the next request fails."""
    async with open_simulator(accept={"openai": ANY_KEY}) as sim:
        sim.faults.add(Fault("stall", after=1, seconds=2.0))
        text = PROVIDER.format(name="work", url=sim.url)
        message = {"role": "user", "content": "one two three"}
        async with watched(environ, text) as (services, file, events):
            got = []

            async def chat():
                got.append(await ask(services, "chat", model="work/m", messages=[message]))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(chat)
                await when(lambda: len(sim.requests) > 0)
                file.write_text("# nothing left\n")
                await when(lambda: events)
                assert not got
            assert got[0]["finish"] == "stop"
            again = await ask(services, "chat", model="work/m", messages=[message])
            assert again["code"] == "unknown_model"


async def test_connections_of_what_is_gone_are_closed(environ):
    """Those of unchanged providers are used again."""
    message = {"role": "user", "content": "hello"}
    accept = {"openai": ANY_KEY}
    async with open_simulator(accept=accept) as stays, open_simulator(accept=accept) as moves:
        texts = [PROVIDER.format(name=n, url=s.url) for n, s in (("a", stays), ("b", moves))]
        async with watched(environ, *texts) as (services, file, events):

            async def chat(model):
                got = await ask(services, "chat", model=model, messages=[message])
                assert got["finish"] == "stop"

            await chat("a/m")
            await chat("b/m")
            assert (stays.open_connections, moves.open_connections) == (1, 1)
            file.write_text(texts[0] + texts[1].replace(moves.url, stays.url))
            await when(lambda: events)
            await when(lambda: moves.open_connections == 0)
            await chat("a/m")
            await chat("b/m")
            assert {request.connection for request in stays.requests} == {1}


async def test_a_replaced_key_gets_new_connections(environ):
    """Nothing that was opened with the old key is used with the new one."""
    old, new = "canary-old-0123456789abcdef", "canary-new-0123456789abcdef"
    message = {"role": "user", "content": "hello"}
    async with open_simulator(accept={"openai": old}) as sim:
        sim.keys.accept("openai", new)
        text = f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
        async with watched(environ, text) as (services, _file, _events):
            used = []
            for key in (old, new):
                await ask(services, "auth.login", provider="work", key=key, verify=False)
                for _ in range(2):
                    got = await ask(services, "chat", model="work/m", messages=[message])
                    assert got["finish"] == "stop"
                    used.append((sim.requests[-1].key, sim.requests[-1].connection))
    first, again, other, other_again = used
    assert (first, other) == (again, other_again)
    assert (first[0], other[0]) == (old, new)
    assert first[1] != other[1]


async def test_a_changed_default_model_is_published(environ):
    """Also one that was removed: then the event has what is used instead, or nothing."""
    text = PROVIDER.format(name="work", url="http://127.0.0.1:8")
    write_config(environ, text)
    events = []
    async with running(environ, keyring=MemoryStore()) as services:
        with services.bus.subscribed(("models",), events.append):
            for line in ('default_model = "work/a"\n', 'default_model = "work/a"\n# same\n', ""):
                write_config(environ, line + text)
                assert "code" not in await ask(services, "config.reload")
    found = [event.data["default"] for event in events if "default" in event.data]
    assert found[0] == "work/a"
    assert len(found) == 2
    assert found[1] != "work/a"
