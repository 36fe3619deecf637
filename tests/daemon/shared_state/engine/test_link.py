"""One connection to an engine, and what is said where there is none."""

import pytest

from aircherd.shared_state.base import EngineAway, EngineRefused, SharedStateError
from aircherd.shared_state.engine import link, open_engine
from helpers.engines import HTTP, SILENCE, SSH, talker
from helpers.engines.using import counter, report, settings

CANARY = "canary-5c9e77"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    """Give up what hangs soon, and try again soon."""
    monkeypatch.setattr(link, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(link, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(link, "LAST_PAUSE", 0.05)
    monkeypatch.setattr(link, "LAST_PAUSE_REFUSED", 0.05)


async def ask(engine, sequence=1, *, machine="a", seconds=10.0):
    """Report one request; return what the fleet has used."""
    asked = counter(used={"9999999999": sequence}, least=1, most=1)
    view = await engine.sync(report(machine, sequence, asked), seconds)
    return view.counters[0].used


async def why(shared, read=None) -> SharedStateError:
    """Return why an engine cannot be used; it has to be said at once, at the second call."""
    async with open_engine(shared, read) as engine:
        with pytest.raises(SharedStateError):
            await ask(engine)
        with pytest.raises(SharedStateError) as refusal:
            await ask(engine)
    return refusal.value


# ------------------------------------------------------------------ what is no engine


async def test_what_speaks_http_is_no_engine():
    """Something else that answers is refused: trying again does not help."""
    with talker(HTTP) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineRefused)
    assert "is no Valkey or Redis: something else has answered" in problem.message


async def test_what_speaks_first_is_no_engine():
    """Sshd greets before it is asked."""
    with talker(SSH) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineRefused)
    assert "is no Valkey or Redis" in problem.message


async def test_what_says_nothing_is_given_up():
    """Connections have a deadline, also where coredis has none."""
    with talker(SILENCE) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineAway)
    assert "could not be reached within 0.5 s" in problem.message


async def test_where_nothing_listens():
    """A port, a socket and a host that are not there."""
    with talker(SILENCE) as url:
        pass
    assert "refuses connections" in (await why(settings(url))).message
    assert "there is no such socket" in (await why(settings("unix:///run/no/engine"))).message
    unknown = await why(settings("redis://engine.invalid"))
    assert isinstance(unknown, EngineAway)
    assert "engine.invalid cannot be resolved" in unknown.message
