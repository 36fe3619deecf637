"""Which calls the audit log notes, down the real path."""

import re

import trio

from aircherd.api.methods import METHODS
from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import open_simulator
from helpers.daemon.in_process import KEY, ask, running, write_config
from helpers.daemon.real_daemon import home

CANARY = "sk-canary-0123456789abcdef"


async def test_calls_and_uses_of_keys_are_noted():
    """With their outcome; no key and no prompt is in the file."""
    message = {"role": "user", "content": "a private prompt"}
    with home() as user:
        async with open_simulator(accept={"openai": KEY}) as sim:
            config = f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
            write_config(user.environ, config)
            async with running(user.environ, keyring=MemoryStore()) as services:
                await ask(services, "auth.login", provider="work", key=KEY)
                await ask(services, "auth.login", provider="none", key=KEY)
                await ask(services, "chat", model="work/m", messages=[message])
                await ask(services, "auth.lock")
                await ask(services, "auth.unlock")
                found = await ask(services, "audit.list")
                text = services.audit.path.read_text()
    rows = found["rows"]
    known = {(r["kind"], r.get("provider"), r.get("outcome"), r.get("count")) for r in rows}
    assert {
        ("sign_in", "work", "ok", None),
        ("sign_in", "none", "bad_request", None),
        ("lock", None, "ok", None),
        ("key_use", "work", None, 1),
    } <= known
    assert not any(kind == "unlock" for kind, *_ in known)  # it was asked for its proof
    assert all(r.get("program") for r in rows if r["kind"] != "start")
    assert KEY not in text
    assert "private" not in text


async def test_what_a_client_changed_is_noted_by_name():
    """By a reload, or by a change; never a value."""
    with home() as user:
        write_config(user.environ, "[usage]\nkeep_days = 40\n")
        async with running(user.environ) as services:
            write_config(user.environ, "[usage]\nkeep_days = 4711\n[daemon]\nmax_memory = 99\n")
            await ask(services, "config.reload")
            changes = {"entries": [{"path": "usage.keep_days", "value": 4712}]}
            refused = await ask(services, "config.set", **changes)
            proof = await trio.Path(refused["data"]["file"]).read_text()
            await ask(services, "config.set", proof=proof, **changes)
            rows = (await ask(services, "audit.list"))["rows"]
            text = services.audit.path.read_text()
    seen = {row["kind"]: row.get("entries") for row in rows}
    assert seen["config_reload"] == ["daemon.max_memory", "usage.keep_days"]
    assert seen["config_change"] == ["usage.keep_days"]
    assert "471" not in re.sub('"(at|pid)":[0-9.]+', "", text)


async def test_a_refusal_inside_a_stream_is_noted():
    """A client that may not use a provider, and one that may not chat."""
    config = '[clients."*"]\nallow = ["chat", "read"]\nproviders = ["ollama"]\n'
    message = {"role": "user", "content": "hi"}
    chat = {"model": "openai/m", "messages": [message], "route": {"providers": ["openai"]}}
    with home() as user:
        write_config(user.environ, config)
        async with running(user.environ) as services:
            await ask(services, "chat.start", **chat)
            await ask(services, "auth.lock")
            found = []
            while len(found) < 2:  # the stream refuses in the background
                await trio.sleep(0.01)
                found = await services.audit.list(None, None, None, "refused", 10)
    assert [row.get("method") for row in found] == [None, "auth.lock"]


async def test_nothing_that_a_client_sends_is_in_it():
    """A key in every text of every call, and of the client's own name."""
    with home() as user:
        async with running(user.environ, keyring=MemoryStore()) as services:
            for name in METHODS:
                if name == "shutdown":
                    continue
                fields = METHODS[name].params.__struct_fields__
                params = {"messages": [{"role": "user", "content": CANARY}]}
                for field in fields:
                    await ask(services, name, **{**params, field: CANARY})
            for name in ("auth.login", "auth.logout", "auth.test"):
                await ask(
                    services, name, provider=CANARY, **({"key": CANARY} if "in" in name else {})
                )
            await ask(services, "config.set", entries=[{"path": CANARY, "value": CANARY}])
            lines = await services.audit.list(None, None, None, None, 1000)
            services.audit.note("lock", CANARY)
        text = services.audit.path.read_text()
    assert {"sign_in", "sign_out"} <= {line["kind"] for line in lines}
    assert "canary" not in text


async def test_a_refusal_without_the_users_word_says_of_what():
    """Nothing asks, so there is no question that would say it."""
    with home() as user:
        write_config(user.environ, '[protect]\nsign_out = "confirm"\n')
        async with running(user.environ, keyring=MemoryStore()) as services:
            await ask(services, "auth.logout", provider="openai")
            rows = await services.audit.list(None, None, None, "refused", 10)
    assert [row.get("action") for row in rows] == ["remove keys"]
