"""What is loaded at a quiet moment: only what requests of the configured providers need."""

from types import SimpleNamespace

import pytest
import trio
from structlog.testing import capture_logs

from aircherd import preload as module
from aircherd.config.model import Http, Provider
from aircherd.preload import QUIET_SECONDS, preload
from aircherd.vocabulary.keys import KeyState

ANN = Provider(name="ann", kind="anthropic", base_url="https://a.example")
BOB = Provider(name="bob", kind="gemini", base_url="https://b.example")


class Services:
    """Two providers, of which one has a key."""

    def __init__(self):
        self.active = 0
        self.loaded = []
        self.chat = SimpleNamespace(statistics=lambda: {"active": self.active})
        self.catalog = SimpleNamespace(load=lambda: self.loaded.append("catalog"))
        self.config = SimpleNamespace(
            current=SimpleNamespace(providers={"ann": ANN, "bob": BOB}, http=Http())
        )
        self.auth = SimpleNamespace(key_choices=self._choices)

    def _choices(self, provider):
        state = KeyState.AUTHENTICATED if provider is ANN else KeyState.NOT_CONFIGURED
        return [SimpleNamespace(state=state)]


@pytest.fixture
def services(monkeypatch):
    made = Services()
    monkeypatch.setattr(module, "keep_child_source", lambda: made.loaded.append("child"))
    monkeypatch.setattr(module, "_load_http_modules", lambda: made.loaded.append("http"))
    monkeypatch.setattr(module, "load_adapters", lambda provider: made.loaded.append(provider.name))
    return made


async def test_only_providers_with_a_key_are_loaded(services, autojump_clock):
    """The others' adapters would take memory that is never used."""
    await preload(services)
    assert services.loaded == ["child", "catalog", "ann"]


async def test_what_serves_http_is_loaded_if_a_port_is_wanted(services, autojump_clock):
    """Few daemons have one."""
    services.config.current.http = Http(port=4141)
    await preload(services)
    assert services.loaded == ["child", "catalog", "http", "ann"]


async def test_nothing_is_loaded_at_the_start(services, autojump_clock):
    """Nor while a request is active: it would wait for the import."""
    services.active = 1
    async with trio.open_nursery() as nursery:
        nursery.start_soon(preload, services)
        await trio.sleep(5 * QUIET_SECONDS)
        assert services.loaded == []
        services.active = 0
    assert len(services.loaded) == 3


async def test_an_installation_that_is_gone_already_is_only_logged(
    services, autojump_clock, monkeypatch
):
    """The daemon goes on."""

    def fail():
        raise FileNotFoundError("keyring_child.py")

    monkeypatch.setattr(module, "keep_child_source", fail)
    with capture_logs() as logs:
        await preload(services)
    assert [entry["event"] for entry in logs] == ["not_preloaded"]
