"""A reload may bring another proxy or certificate file; timeouts need no new pool."""

from contextlib import aclosing

import trio

from aircherd.config.model import Network
from aircherd.providers.transport.transport_by_network import Transports


async def test_equal_settings_share_a_transport():
    """Kept connections survive a reload that does not change them."""
    async with aclosing(Transports({})) as transports:
        first = transports.get(Network())
        assert transports.get(Network(idle_timeout=3)) is first
        assert transports.get(Network(proxy="http://127.0.0.1:3128")) is not first
        assert transports.get(Network(ca_file="/etc/ssl/corp.pem")) is not first
        assert transports.get(Network()) is first


async def test_closing_closes_all_transports():
    """No transport is left open."""
    transports = Transports({})
    opened = [transports.get(Network()), transports.get(Network(ca_file="/x.pem"))]
    await transports.aclose()
    assert ["closed" in repr(transport) for transport in opened] == [True, True]
    assert repr(transports).startswith("<Transports 2")


async def test_idle_connections_are_swept(autojump_clock, monkeypatch):
    """A daemon without requests does not keep them forever."""
    async with aclosing(Transports({})) as transports:
        swept = []
        for network in (Network(), Network(proxy="http://127.0.0.1:3128")):
            transport = transports.get(network)
            monkeypatch.setattr(transport, "close_expired", lambda t=transport: swept.append(t))
        with trio.move_on_after(130):
            await transports.sweep()
    assert len(swept) == 4


async def test_unused_connections_are_closed(monkeypatch):
    """Those to given URLs, and all that were made with other settings."""
    async with aclosing(Transports({})) as transports:
        closed = []
        for network in (Network(), Network(ca_file="/x.pem")):
            transport = transports.get(network)
            name = network.ca_file
            monkeypatch.setattr(
                transport, "close_idle", lambda origins, name=name: closed.append((name, origins))
            )
        transports.close_unused(Network(idle_timeout=5), ["http://127.0.0.1:1/v1"])
    assert closed == [(None, {("http", b"127.0.0.1:1")}), ("/x.pem", None)]
