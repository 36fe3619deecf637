"""Tasks that serve one request after another, through a session over a real socket pair."""

import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgpack
import msgspec
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.api.context import Method
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.events import EventBus
from aircherd.ipc import session as session_module
from aircherd.ipc.session import Session
from aircherd.memory.budget import MemoryBudget
from aircherd.providers.transport.deadline_scheduler import deadline_scheduler


class Number(msgspec.Struct):
    """One parameter."""

    number: int = 0


async def task_name(services, context, params):
    """Return the name of the task that serves the request."""
    await trio.lowlevel.checkpoint()
    return {"task": id(trio.lowlevel.current_task())}


async def wait(services, context, params):
    """Wait for the test, or until the request is cancelled."""
    services.waiting += 1
    try:
        await services.may_end.wait()
    except trio.Cancelled:
        services.cancelled.append(params.number)
        raise
    return {"number": params.number}


async def wait_until_deadline(services, context, params):
    """Set a deadline, and return a result when it passes."""
    context.scope.deadline = at = trio.current_time() + 5
    try:
        await trio.sleep_forever()
    except trio.Cancelled:
        if trio.current_time() < at:
            raise
    return {"late": True}


async def answer_within_deadline(services, context, params):
    """Set a deadline that is not reached."""
    context.scope.deadline = trio.current_time() + 5
    await trio.sleep(1)
    return {}


TABLE = {
    "task": Method(Number, task_name),
    "wait": Method(Number, wait),
    "late": Method(Number, wait_until_deadline),
    "timely": Method(Number, answer_within_deadline),
}


class Peer:
    """The client's end."""

    def __init__(self, stream):
        self._stream = stream
        self._unpacker = msgpack.Unpacker()

    async def send(self, *requests, cancel=None):
        """Send requests, (number, method), in one write, and cancel one of them at once."""
        data = [msgpack.packb([0, n, method, [{"number": n}]]) for n, method in requests]
        if cancel is not None:
            data.append(msgpack.packb([2, "$/cancel", [{"id": cancel}]]))
        await self._stream.send_all(b"".join(data))

    async def cancel(self, number):
        await self._stream.send_all(msgpack.packb([2, "$/cancel", [{"id": number}]]))

    async def receive(self):
        """Return number, error code and result of the next response."""
        while True:
            try:
                _, number, error, result = self._unpacker.unpack()
            except msgpack.OutOfData:
                self._unpacker.feed(await self._stream.receive_some())
            else:
                return number, error and error["code"], result


@asynccontextmanager
async def connected():
    """Serve one client; yield its end and the services."""
    ours, theirs = (trio.socket.from_stdlib_socket(each) for each in socket.socketpair())
    services = SimpleNamespace(
        bus=EventBus(),
        may_end=trio.Event(),
        waiting=0,
        cancelled=list[int](),
        watcher=FileWatcher(),
        mask_keys=bytes,
        memory=MemoryBudget(),
    )
    async with trio.SocketStream(ours) as stream, trio.SocketStream(theirs) as peer:
        session = services.session = Session(stream, services, TABLE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.serve)
            yield Peer(peer), services
            nursery.cancel_scope.cancel()


async def test_sequential_requests_share_a_task():
    """Starting a task costs more than the request."""
    async with connected() as (peer, _):
        tasks = set()
        for number in range(5):
            await peer.send((number, "task"))
            tasks.add((await peer.receive())[2]["task"])
        assert len(tasks) == 1


async def test_concurrent_requests_have_their_own_tasks():
    """A waiting request does not block another."""
    async with connected() as (peer, services):
        await peer.send((1, "wait"), (2, "wait"), (3, "task"))
        assert (await peer.receive())[0] == 3
        services.may_end.set()
        assert min([await peer.receive() for _ in range(2)]) == (1, None, {"number": 1})


async def test_cancellation_does_not_affect_the_next_request():
    """The task continues with a new scope."""
    async with connected() as (peer, services):
        for number in (1, 2, 3):
            await peer.send((number, "wait"))
            await wait_all_tasks_blocked()
            await peer.cancel(number)
            assert await peer.receive() == (number, "cancelled", None)
            await peer.send((9, "task"))
            assert (await peer.receive())[:2] == (9, None)
        assert services.cancelled == [1, 2, 3]


async def test_request_may_be_cancelled_before_its_task_runs():
    """Both arrive in one write, for a new task and for an idle one."""
    async with connected() as (peer, _):
        for number in (1, 2):
            await peer.send((number, "wait"), cancel=number)
            assert await peer.receive() == (number, "cancelled", None)


async def test_cancellation_selects_a_request_by_number():
    """The others are answered."""
    async with connected() as (peer, services):
        await peer.send((1, "wait"), (2, "wait"))
        await wait_all_tasks_blocked()
        await peer.cancel(2)
        assert await peer.receive() == (2, "cancelled", None)
        services.may_end.set()
        assert await peer.receive() == (1, None, {"number": 1})


async def test_deadline_cancels_a_request(autojump_clock):
    """It may still return a response."""
    async with connected() as (peer, _):
        await peer.send((1, "late"))
        assert await peer.receive() == (1, None, {"late": True})
        assert trio.current_time() == 5
        await peer.send((2, "task"))
        assert (await peer.receive())[:2] == (2, None)


async def test_deadline_applies_to_its_request_only(autojump_clock):
    """The next request of the task has none."""
    async with connected() as (peer, services):
        await peer.send((1, "timely"))
        assert await peer.receive() == (1, None, {})
        await peer.send((2, "wait"))
        await trio.sleep(60)
        services.may_end.set()
        assert await peer.receive() == (2, None, {"number": 2})


async def test_idle_tasks_are_bounded(monkeypatch):
    """More concurrent requests than that are served."""
    monkeypatch.setattr(session_module, "MAX_IDLE_TASKS", 2)
    async with connected() as (peer, services):
        for _ in range(2):
            await peer.send(*((number, "wait") for number in range(10)))
            await wait_all_tasks_blocked()
            services.may_end.set()
            answers = [await peer.receive() for _ in range(10)]
            assert sorted(number for number, _, _ in answers) == list(range(10))
        assert services.waiting == 20


async def test_cancelling_between_requests_does_nothing():
    """An idle task has nothing to cancel."""
    async with connected() as (peer, _):
        await peer.send((1, "task"))
        await peer.receive()
        await peer.cancel(1)
        await peer.send((2, "task"))
        assert (await peer.receive())[:2] == (2, None)


async def test_disconnect_removes_deadlines():
    """No reference to the session is left."""
    async with connected() as (peer, _):
        await peer.send((1, "late"))
        await wait_all_tasks_blocked()
        assert len(deadline_scheduler().deadlines) == 1
    assert len(deadline_scheduler().deadlines) == 0


async def test_an_idle_task_holds_no_request():
    """A prompt may have megabytes: it is freed with its answer."""
    async with connected() as (peer, services):
        await peer.send((1, "task"))
        await peer.receive()
        await wait_all_tasks_blocked()
        (idle,) = services.session._idle_tasks
        assert idle._request is None
