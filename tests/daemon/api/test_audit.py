"""Which calls the audit log notes, down the real path."""

from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import open_simulator
from helpers.daemon.in_process import KEY, ask, running, write_config
from helpers.daemon.real_daemon import home


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
