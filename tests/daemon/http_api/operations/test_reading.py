"""Large requests are read beside the event loop."""

import threading

import pytest
import trio

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import LARGE_BODY
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.operations.reading import read_body
from aircherd.http_api.problem import RequestProblem, invalid
from helpers.http_api.carrying import carrying
from helpers.http_api.performing import chat_body, do


class Watched:
    """OpenAI's dialect; it notes which thread reads."""

    def __init__(self):
        self.threads = []

    def __getattr__(self, name):
        return getattr(DIALECT, name)

    def read_chat(self, call):
        self.threads.append(threading.get_ident())
        return DIALECT.read_chat(call)

    def read_embeddings(self, call):
        self.threads.append(threading.get_ident())
        return DIALECT.read_embeddings(call)

    def read_count(self, call):
        self.threads.append(threading.get_ident())
        raise invalid("no count")


@pytest.mark.parametrize(
    ("operation", "status"), [("chat", 200), ("embeddings", 200), ("count_tokens", 400)]
)
async def test_only_a_large_body_is_read_in_a_thread(environ, operation, status):
    """A small one takes less time than a thread does; a wrong one is refused as ever."""
    async with carrying(environ) as carrier:
        for text, is_here in (("one", True), ("x" * LARGE_BODY, False)):
            dialect = Watched()
            body = chat_body(text=text) if operation == "chat" else {
                "model": "chat/text-embedding-3-small", "input": text}  # fmt: skip
            got = await do(carrier, operation, body, dialect=dialect)
            assert got.status == status, got.body
            assert [each == threading.get_ident() for each in dialect.threads] == [is_here]


async def test_one_is_read_at_a_time_and_others_go_on():
    """However many arrive together: what is read takes several times its size."""
    reading, most, turns = 0, 0, 0
    may_end = threading.Event()
    has_begun = trio.Event()
    call = ApiCall(method="POST", path="/v1/chat/completions", body=b" " * LARGE_BODY)

    def read(_call):
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        trio.from_thread.run_sync(has_begun.set)
        may_end.wait()
        reading -= 1
        raise invalid("too many")

    async def refused():
        with pytest.raises(RequestProblem, match="too many"):
            await read_body(read, call)

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(refused)
        await has_begun.wait()
        for _ in range(100):  # the loop comes round while a body is read
            await trio.lowlevel.checkpoint()
            turns += 1
        may_end.set()
    assert (most, turns) == (1, 100)
