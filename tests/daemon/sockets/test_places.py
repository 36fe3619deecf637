"""Places for connections: a part of them is limited, and all of them together."""

import pytest
import trio

from aircherd.sockets import places as module
from aircherd.sockets.places import Places


@pytest.mark.parametrize(("files", "expected"), [(64, 32), (1024, 768), (40, 8), (10, 1)])
def test_a_quarter_of_the_descriptors_is_reserved(monkeypatch, files, expected):
    """At least 32 are, and there is always room for one client."""
    monkeypatch.setattr(module.resource, "getrlimit", lambda _: (files, files))
    assert module.client_capacity() == expected


async def test_a_part_has_no_more_than_its_own_and_leaves_no_more_than_the_whole():
    """Places of a part are taken from the whole."""
    whole = Places(3)
    part = Places(2, whole)
    await part.acquire()
    await part.acquire()
    assert (part.are_taken, whole.are_taken) == (True, False)
    part.release()
    await whole.acquire()
    await whole.acquire()
    assert (part.are_taken, whole.are_taken) == (True, True)
    assert (part.taken, whole.taken) == (1, 3)


async def test_who_waits_asks_for_room_and_gets_the_place_that_is_freed(autojump_clock):
    """Whichever door the one that is closed came through."""
    whole = Places(1)
    part = Places(1, whole)
    asked = []
    whole.make_room = lambda: asked.append(1)
    await part.acquire()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(whole.acquire)
        await trio.sleep(1)
        assert (len(asked) > 1, whole.taken) == (True, 1)
        part.release()
    assert (whole.taken, part.taken) == (1, 0)
