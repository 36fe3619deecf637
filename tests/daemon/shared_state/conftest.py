"""One engine of each kind for all tests of this folder; each test has a namespace of its own."""

import itertools

import pytest

from aircherd.shared_state.engine import client, open_engine
from helpers.engines import redis, valkey
from helpers.engines.using import settings
from helpers.shared_state import MemoryRig, RealRig

_NAMESPACES = itertools.count()


@pytest.fixture(scope="session")
def standing_valkey():
    with valkey() as engine:
        yield engine


@pytest.fixture(scope="session")
def standing_redis():
    """A Redis with TLS, a password, and a user who may do only what docs/fleet.md says."""
    with redis(tls=True) as engine:
        yield engine


@pytest.fixture(params=["valkey", "redis"])
def running(request: pytest.FixtureRequest):
    """Each of the two engines. Nothing is done to it that others would notice."""
    return request.getfixturevalue(f"standing_{request.param}")


@pytest.fixture
def namespace():
    return f"test-{next(_NAMESPACES)}"


@pytest.fixture(params=["memory", "valkey", "redis"])
async def rig(request: pytest.FixtureRequest, namespace: str, monkeypatch):
    """Each engine that keeps the contract, with time to answer on a busy machine."""
    monkeypatch.setattr(client, "PROBE_SECONDS", 5.0)
    if request.param == "memory":
        yield MemoryRig()
        return
    running = request.getfixturevalue(f"standing_{request.param}")
    async with open_engine(settings(running, namespace=namespace)) as engine:
        yield RealRig(running, engine, namespace)
