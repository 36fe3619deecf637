"""Reads a request: a large one in a thread, so that other clients need not wait meanwhile.

What a body of 32 MiB may hold takes a tenth of a second to read. One is read at a time: it takes
several times its size then, and threads of Python take turns with the event loop.
"""

from collections.abc import Callable
from typing import Final

import trio

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import LARGE_BODY
from aircherd.http_api.dialects.dialect import ChatRead

_READING: Final = trio.lowlevel.RunVar[trio.CapacityLimiter]("reading")


async def read_body(read: Callable[[ApiCall], ChatRead], call: ApiCall) -> ChatRead:
    """Return what `read` returns.

    Raises:
        RequestProblem: as `read` does.
    """
    if len(call.body) < LARGE_BODY:
        return read(call)
    return await trio.to_thread.run_sync(read, call, limiter=_one_at_a_time())


def _one_at_a_time() -> trio.CapacityLimiter:
    try:
        return _READING.get()
    except LookupError:
        limiter = trio.CapacityLimiter(1)
        _READING.set(limiter)
        return limiter
