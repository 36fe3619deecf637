"""A token's client, and how the server finds it.

guard: token of a request -> TokenTable.find -> TokenClient, or None and TokenTable.refusal
server: TokenClient.running.add(scope) while a request runs -> cancelled when the token ends
operations: TokenClient.restrict(request) -> what it may use of it
"""

import hashlib
import secrets
import string
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from aircherd.errors import Forbidden
from aircherd.vocabulary.chat import ChatRequest

PREFIX = "ak-air-"
"""How every token begins; no vendor's key does. `aircherd.redaction` knows it, too."""
LENGTH = 32
"""Random characters: 190 bits."""
_ALPHABET = string.ascii_letters + string.digits


class Cancellable(Protocol):
    """What can be ended, like a `trio.CancelScope`."""

    def cancel(self) -> None:
        """End it."""


class TokenClient(msgspec.Struct, kw_only=True, eq=False):
    """The client that a token stands for. Two are the same only if they are one object.

    - `name`: its name in the ledger, in limits and in events.
    - `project`: the project of its requests, unless they name one.
    - `models`: the names that it may ask for, with `*` for any part of one; None: all.
    - `providers`: those that may answer it; None: all.
    - `model`: answers each of its chats, whatever name they have; None: the model of that name.
    - `host`: the other machine that its program is at, which `name` ends with; None: this one.
    - `running`: the scopes of its requests, which are cancelled when the token ends.
    - `is_alive`: False from then on.
    """

    name: str
    project: str | None = None
    models: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    model: str | None = None
    host: str | None = None
    running: set[Cancellable] = msgspec.field(default_factory=set)
    is_alive: bool = True

    def end(self) -> None:
        """Let nothing more be done with the token: it was revoked, expired, or its tool ended."""
        self.is_alive = False
        for scope in tuple(self.running):
            scope.cancel()

    def may_name(self, model: str | None) -> bool:
        """Return whether it may ask for a model by this name, as the client or an alias has it."""
        if self.models is None:
            return True
        name = model or ""
        return any(name == each or fnmatchcase(name, each) for each in self.models)

    def restrict(self, request: ChatRequest, *, keeps_name: bool = False) -> ChatRequest:
        """Return the request with the model and the providers that the token may use.

        `request.model` is what aircher calls the model. What is no chat `keeps_name`: the model of
        the chats could not answer it.

        Raises:
            Forbidden: the token may not use that model, or none of the providers that it names.
        """
        if self.model is not None and not keeps_name:
            request = msgspec.structs.replace(request, model=self.model)
        elif not self.may_name(request.model):
            raise self._forbidden(f"use the model {request.model}", "models", self.models or ())
        if self.models is not None:
            route = msgspec.structs.replace(request.route, fallbacks=list(self.models))
            request = msgspec.structs.replace(request, route=route)
        if self.providers is None:
            return request
        wanted = request.route.providers
        kept = [name for name in self.providers if wanted is None or name in wanted]
        if not kept:
            raise self._forbidden(f"use {', '.join(wanted or ())}", "providers", self.providers)
        route = msgspec.structs.replace(request.route, providers=kept)
        return msgspec.structs.replace(request, route=route)

    def _forbidden(self, what: str, kind: str, allowed: tuple[str, ...]) -> Forbidden:
        names = ", ".join(allowed)
        return Forbidden(
            f"the token {self.name!r} may not {what}: its {kind} are {names}", client=self.name
        )

    def __repr__(self) -> str:
        state = "" if self.is_alive else ", ended"
        return f"<TokenClient {self.name}{state}, {len(self.running)} running>"


class TokenTable(Protocol):
    """All tokens."""

    def find(self, token: str) -> TokenClient | None:
        """Return the client of a token as it was presented, None if there is none any more."""

    def refusal(self, token: str) -> str:
        """Return why `find` returned None: what is wrong, and what to do."""


def make_token() -> str:
    """Return a new token."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def digest(token: str) -> bytes:
    """Return what is kept of a token, and looked up for one that is presented.

    A look-up by it takes no longer for a token that is nearly right: its digest is another one.
    """
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
