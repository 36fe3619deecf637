"""What requests are handed to: the dialects, their router, and the operations.

It is imported with the first connection, because few daemons have HTTP clients.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from aircherd.api.services import Services
from aircherd.http_api.call import ApiCall, Client, Response
from aircherd.http_api.dialects.dialect import Dialect, Route
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.router import Router

Perform = Callable[[Services, Client, Dialect, Route, ApiCall, Response], Awaitable[None]]
"""Does what a request asks for and answers it, errors of aircher included."""

NAMES = ("openai_chat", "anthropic", "openai_responses", "gemini", "ollama")


class Backend(NamedTuple):
    """The router, and what it leads to."""

    router: Router
    perform: Perform


@lru_cache(maxsize=1)
def load_backend() -> Backend:
    """Return the backend of the daemon."""
    package = "aircherd.http_api.dialects"
    dialects: list[Dialect] = [
        import_module(f"{package}.{name}").DIALECT
        for name in NAMES
        if find_spec(f"{package}.{name}") is not None
    ]
    return Backend(Router(dialects), _perform())


def _perform() -> Perform:
    name = "aircherd.http_api.operations.dispatch"
    if find_spec(name) is None:
        return refuse
    perform: Perform = import_module(name).perform
    return perform


async def refuse(*_: object) -> None:
    """Refuse a request while nothing can carry it out."""
    raise Refusal(501, "aircher cannot do this yet")
