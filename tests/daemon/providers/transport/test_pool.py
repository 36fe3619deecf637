"""Which connection is taken, which are closed, and what the statistics say."""

import socket

import pytest
import trio

from aircherd.providers.transport.connection import Connection
from aircherd.providers.transport.pool import ConnectionPool, TransportStatistics
from aircherd.providers.transport.tcp import TcpStream

HERE = ("http", b"here")
THERE = ("http", b"there")


class Peers:
    """Makes connections and holds their other ends."""

    def __init__(self) -> None:
        self.ends: dict[Connection, socket.socket] = {}

    def connect(self, pool: ConnectionPool, origin: tuple[str, bytes] = HERE) -> Connection:
        ours, theirs = socket.socketpair()
        wire = TcpStream(ours)
        connection = Connection(wire, wire, origin)
        self.ends[connection] = theirs
        pool.add(connection)
        return connection

    def is_closed(self, connection: Connection) -> bool:
        return connection.tcp._sock.fileno() == -1

    def close(self) -> None:
        for connection, end in self.ends.items():
            connection.close()
            end.close()


@pytest.fixture
async def peers() -> Peers:  # type: ignore[misc] # an async generator, as pytest-trio wants it
    peers = Peers()
    yield peers
    peers.close()


async def test_takes_the_one_used_last(peers: Peers) -> None:
    """Last in, first out, separately for each origin; None if there is none."""
    pool = ConnectionPool()
    first, second = peers.connect(pool), peers.connect(pool)
    other = peers.connect(pool, THERE)
    for connection in (first, second, other):
        pool.keep(connection)
    assert [second, first, None] == [pool.take(HERE) for _ in range(3)]
    assert other is pool.take(THERE)


async def test_connections_to_an_origin_are_given_up(peers: Peers) -> None:
    """Idle ones at once, those in use after their response; other origins keep theirs."""
    pool = ConnectionPool()
    idle, busy = peers.connect(pool), peers.connect(pool)
    other = peers.connect(pool, THERE)
    pool.keep(idle)
    pool.keep(other)
    pool.close_idle({HERE})
    assert (peers.is_closed(idle), peers.is_closed(busy)) == (True, False)
    pool.keep(busy)
    assert peers.is_closed(busy)
    assert pool.take(HERE) is None
    assert pool.take(THERE) is other
    new = peers.connect(pool)
    pool.keep(new)
    assert pool.take(HERE) is new


async def test_all_connections_are_given_up(peers: Peers) -> None:
    """The network settings changed."""
    pool = ConnectionPool()
    for origin in (HERE, THERE):
        pool.keep(peers.connect(pool, origin))
    pool.close_idle()
    assert all(peers.is_closed(connection) for connection in peers.ends)


async def test_skips_closed_connections(peers: Peers) -> None:
    """A connection that its server closed is closed here too, and the next one taken."""
    pool = ConnectionPool()
    good, gone = peers.connect(pool), peers.connect(pool)
    pool.keep(good)
    pool.keep(gone)
    peers.ends[gone].close()
    assert pool.take(HERE) is None
    assert good is await pool.take_drained(HERE)
    assert peers.is_closed(gone)


async def test_closes_what_was_idle_for_too_long(
    peers: Peers, autojump_clock: trio.abc.Clock
) -> None:
    """An old connection is not reused; the younger one next to it is."""
    pool = ConnectionPool(keepalive=10)
    old, young = peers.connect(pool), peers.connect(pool)
    pool.keep(old)
    await trio.sleep(6)
    pool.keep(young)
    await trio.sleep(6)
    pool.close_expired()
    assert (peers.is_closed(old), peers.is_closed(young)) == (True, False)
    await trio.sleep(6)
    assert pool.take(HERE) is None
    assert await pool.take_drained(HERE) is None
    assert peers.is_closed(young)


async def test_any_use_sweeps_the_others(peers: Peers, autojump_clock: trio.abc.Clock) -> None:
    """Unused origins lose their connections when another one is used."""
    pool = ConnectionPool(keepalive=10)
    lonely, busy = peers.connect(pool, THERE), peers.connect(pool)
    pool.keep(lonely)
    await trio.sleep(11)
    pool.keep(busy)
    assert (peers.is_closed(lonely), peers.is_closed(busy)) == (True, False)


async def test_keeps_a_bounded_number(peers: Peers) -> None:
    """Beyond the bound, the connection idle for longest is closed."""
    pool = ConnectionPool(max_idle=2)
    connections = [peers.connect(pool) for _ in range(3)]
    for connection in connections:
        pool.keep(connection)
    assert [peers.is_closed(each) for each in connections] == [True, False, False]


async def test_close_leaves_nothing(peers: Peers) -> None:
    """All are closed, idle or in use; those that come back later too."""
    pool = ConnectionPool()
    idle, in_use = peers.connect(pool), peers.connect(pool)
    pool.keep(idle)
    pool.close()
    assert [peers.is_closed(idle), peers.is_closed(in_use)] == [True, True]
    late = peers.connect(pool)
    pool.keep(late)
    assert peers.is_closed(late)
    assert repr(pool) == "<ConnectionPool closed>"


async def test_statistics(peers: Peers) -> None:
    """They count connections now and since the start, and cannot be changed."""
    pool = ConnectionPool()
    one, _two = peers.connect(pool), peers.connect(pool)
    pool.keep(one)
    expected = TransportStatistics(idle=1, in_use=1, opened=2, reused=0, retried=4)
    assert expected == pool.statistics(retried=4)
    pool.take(HERE)
    assert (pool.statistics().idle, pool.statistics().in_use, pool.statistics().reused) == (0, 2, 1)
    with pytest.raises(AttributeError):
        expected.idle = 7  # type: ignore[misc]
