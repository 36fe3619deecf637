"""What may be wrong with a whole daemon, as a client learns it."""

import os
import time

import pytest

from aircher_wire.fingerprints import fingerprint
from aircherd.auth.stores.base import StoreHealth
from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import Fault, open_simulator
from helpers.daemon.in_process import KEY, ask, running, write_config

SALT = "0123456789abcdef"
CONFIG = """
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"
"""


@pytest.fixture
async def sim():
    async with open_simulator(accept={"openai": KEY}) as opened:
        yield opened


@pytest.fixture
def environ(environ, sim):
    write_config(environ, CONFIG.format(url=sim.url))
    return environ


async def findings_of(services, **variables):
    """Return (status, message, cure) of each finding by its check, and the facts."""
    prints = {name: fingerprint(SALT, value) for name, value in variables.items()}
    answer = await ask(services, "diagnose", salt=SALT, variables=prints)
    found = {}
    for each in answer["findings"]:
        entry = (each["status"], each["message"], each.get("cure"))
        found.setdefault(each["check"], []).append(entry)
    assert KEY not in str(answer)
    return found, answer["facts"]


async def test_daemon_with_a_key_that_works(environ, sim):
    """Its provider answers without the key being sent, and is the only one that is called."""
    async with running(environ, keyring=MemoryStore()) as services:
        await ask(services, "auth.login", provider="work", key=KEY)
        before = len(sim.requests)
        found, facts = await findings_of(services)
    ((status, message, _),) = found["provider work"]
    assert status == "ok"
    assert message.startswith("is signed in (keyring), answers in ")
    made = [(r.endpoint, r.key) for r in sim.requests[before:]]
    assert [each for each in made if each[1] is None] == [("models", None)]
    assert found["clock"] == [("ok", "this machine's clock agrees with the providers'", None)]
    assert found["keyring"][0][0] == found["config"][0][0] == found["ledger"][0][0] == "ok"
    (ollama,) = found["provider ollama"]
    assert (ollama[0], "127.0.0.1" in ollama[1]) == ("problem", True)
    assert facts["pid"] == os.getpid()
    assert facts["time_zone"]["offset_s"] == time.localtime().tm_gmtoff


async def test_clock_that_is_off(environ, sim):
    """By the header `Date` of a provider."""
    fault = Fault(
        "answer",
        endpoint="models",
        status=401,
        headers={"date": "Sun, 06 Nov 1994 08:49:37 GMT"},
    )
    sim.faults.add(fault)
    async with running(environ, keyring=MemoryStore()) as services:
        found, _ = await findings_of(services)
    ((status, message, cure),) = found["clock"]
    assert (status, cure) == ("warning", "sudo timedatectl set-ntp true")
    assert "days ahead of that of work" in message


async def test_variables_of_the_client_are_compared(environ):
    """The daemon cannot see one, and has another value of the same one."""
    async with running(environ, keyring=MemoryStore()) as services:
        found, _ = await findings_of(services, WORK_KEY=KEY)
        assert found["variables"][0][2] == "aircher-cli auth import"
    async with running({**environ, "WORK_KEY": "canary-stale"}) as services:
        found, _ = await findings_of(services, WORK_KEY=KEY)
        assert found["variables"][0][2] == "aircher-cli daemon restart"
        found, _ = await findings_of(services, WORK_KEY="canary-stale")
        assert found["variables"][0][0] == "ok"


async def test_proxies_of_the_client_are_compared(environ):
    """In either case of the name."""
    async with running({**environ, "HTTPS_PROXY": "http://one"}) as services:
        found, _ = await findings_of(services, https_proxy="http://one")
        assert found["proxy"][0][0] == "ok"
        found, _ = await findings_of(services, https_proxy="http://two")
        assert found["proxy"][0][0] == "warning"


async def test_environment_file_that_is_refused(environ):
    """With the command that fixes it."""
    async with running(environ, keyring=MemoryStore()) as services:
        file = services.about.paths.environment_file
        file.write_text("WORK_KEY=canary\n")
        file.chmod(0o644)
        found, _ = await findings_of(services)
    ((status, _, cure),) = found["environment file"]
    assert (status, cure) == ("problem", f"chmod 600 {file}")


async def test_locked_keyring_with_keys_in_it(environ):
    """The provider's key is found to be locked only after a restart, the keyring at once."""
    keyring = MemoryStore()
    async with running(environ, keyring=keyring) as services:
        await ask(services, "auth.login", provider="work", key=KEY)
        keyring.health = StoreHealth.LOCKED
        found, _ = await findings_of(services)
    assert found["keyring"][0][0] == "problem"
    assert found["provider work"][0][0] == "ok"


async def test_invalid_configuration(environ):
    """Each problem has its line."""
    write_config(environ, "default_modle = 1\nstrategie = 2\n")
    async with running(environ) as services:
        found, _ = await findings_of(services)
    assert [(status, cure) for status, _, cure in found["config"]] == [
        ("problem", "aircher-cli config edit")
    ] * 2
    assert "config.toml, line 1: default_modle" in found["config"][0][1]
