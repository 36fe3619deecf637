"""What requests are handed to: the dialects, their router, and the operations.

It is imported with the first connection, because few daemons have HTTP clients.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import NamedTuple

from aircherd.api.services import Services
from aircherd.http_api.call import ApiCall, Client, Response
from aircherd.http_api.dialects import anthropic, gemini, ollama, openai_chat, openai_responses
from aircherd.http_api.dialects.dialect import Dialect, Route
from aircherd.http_api.operations.dispatch import perform
from aircherd.http_api.server.router import Router

Perform = Callable[[Services, Client, Dialect, Route, ApiCall, Response], Awaitable[None]]
"""Does what a request asks for and answers it, errors of aircher included."""

DIALECTS: tuple[Dialect, ...] = (
    openai_chat.DIALECT,
    anthropic.DIALECT,
    openai_responses.DIALECT,
    gemini.DIALECT,
    ollama.DIALECT,
)


class Backend(NamedTuple):
    """The router, and what it leads to."""

    router: Router
    perform: Perform


@lru_cache(maxsize=1)
def load_backend() -> Backend:
    """Return the backend of the daemon."""
    return Backend(Router(DIALECTS), perform)
