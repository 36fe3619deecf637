"""A new configuration takes effect everywhere at once, an invalid one nowhere."""

from aircherd.testing.keyring import MemoryStore
from aircherd.testing.simulator import open_simulator
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
            assert (await ask(services, "config.reload"))["changed"] is True
            assert services.config.current.network.first_byte_timeout == 5
            write_config(environ, text + '[network]\nca_file = "/nowhere.pem"\n')
            assert (await ask(services, "config.reload"))["code"] == "config_invalid"
            message = {"role": "user", "content": "hello"}
            got = await ask(services, "chat", model="work/m", messages=[message])
            assert got["finish"] == "stop"


async def test_provider_with_a_new_origin_loses_its_cooldowns(environ):
    """Another server caused them; an unchanged provider keeps its cooldowns."""
    text = '[providers.{name}]\nkind="openai"\nauth="none"\nbase_url="http://127.0.0.1:{port}/v1"\n'
    stays = text.format(name="stays", port=8)
    write_config(environ, stays + text.format(name="moves", port=8))
    failure = Failure(kind=FailureClass.NETWORK, message="no connection")
    async with running(environ, keyring=MemoryStore()) as services:
        cooldowns = services.provider_client.cooldowns
        for name in ("stays", "moves"):
            provider = services.config.current.providers[name]
            cooldowns.note_failure(provider, None, "m", failure)
        write_config(environ, stays + text.format(name="moves", port=9))
        assert (await ask(services, "config.reload"))["changed"] is True
        cooling = [cooldowns.cooling(name, None, "m") is not None for name in ("stays", "moves")]
    assert cooling == [True, False]


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
