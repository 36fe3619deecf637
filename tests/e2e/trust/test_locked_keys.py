"""`auth lock`: no key is left in the daemon, no request gets one, and a restart changes nothing."""

import pytest
import trio

from aircher_client import DaemonError
from helpers.daemon.in_process import ask, running
from helpers.daemon.real_daemon import Home, home, simulator
from helpers.secrets.key_holders import HEAD, TAIL, ReversingStore, holders, separate_simulator

PROVIDER = '[providers.work]\nkind = "openai"\nbase_url = "{url}/v1"\n'


async def test_nothing_in_the_daemon_refers_to_a_locked_key():
    """Neither a prepared request, a first choice, a connection, a log filter nor a cache.

    Python cannot overwrite the memory of what is gone, but nothing leads to it.
    """
    message = {"role": "user", "content": "hello"}
    with separate_simulator() as url, home() as user:
        user.write_config(PROVIDER.format(url=url))
        async with running(user.environ, keyring=ReversingStore()) as services:
            row = await ask(services, "auth.login", provider="work", key=HEAD + TAIL)
            assert row["state"] == "authenticated", row
            for stream in (False, True):
                await ask(services, "chat", model="work/m", messages=[message], stream=stream)
            assert holders()
            locked = await ask(services, "auth.lock")
            assert locked["lock"]["cause"] == "command"
            for _ in range(100):  # the last task may have to end
                if not holders():
                    break
                await trio.sleep(0.02)
            assert [type(each) for each in holders()] == []
            refused = await ask(services, "chat", model="work/m", messages=[message])
            assert refused["code"] == "keyring_locked"
            assert "aircher-cli auth unlock" in refused["message"]


def test_lock_holds_for_every_client_until_unlock():
    """Over restarts and reloads, and without a file proof; a local server goes on."""
    with simulator() as sim, home() as user:
        sim.keys.accept("openai", HEAD + TAIL)
        local = f'[providers.near]\nkind = "ollama"\nbase_url = "{sim.url}"\n'
        user.write_config(PROVIDER.format(url=sim.url) + local)
        user.start()
        user.login("work", HEAD + TAIL)
        with user.client() as watching:
            events = watching.events(["auth"])
            done = user.cli("auth", "lock")
            assert (done.returncode, done.stdout[:27]) == (0, "✓ all keys are locked until")
            event = next(each for each in events if each["provider"] == "work")
            assert event["state"] == "locked"
        calls = len(sim.requests)
        assert_locked(user)
        user.cli("config", "reload")
        assert_locked(user)
        user.stop()
        user.start()
        assert_locked(user)
        assert len(sim.requests) == calls
        assert "unlock them: aircher-cli auth unlock" in user.cli("auth", "status").stdout
        assert "unlock them: aircher-cli auth unlock" in user.cli("status").stdout
        assert "aircher-cli auth unlock" in user.cli("doctor").stdout
        refused = user.cli("auth", "login", "work", "--with-token", stdin=HEAD + TAIL)
        assert (refused.returncode, "auth unlock" in refused.stderr) == (4, True)
        near = user.cli("ask", "-m", "near/m", "hello")
        assert near.returncode == 0, near.stderr
        with user.client() as client, pytest.raises(DaemonError) as caught:
            client.call("auth.unlock")
        assert caught.value.data["reason"] == "proof"
        assert user.cli("auth", "unlock").returncode == 0
        done = user.cli("ask", "-m", "work/m", "hello")
        assert done.returncode == 0, done.stderr
        assert HEAD not in user.log()


def assert_locked(user: Home) -> None:
    done = user.cli("ask", "-m", "work/m", "hello")
    assert (done.returncode, done.stdout) == (4, "")
    assert "aircher-cli auth unlock" in done.stderr
