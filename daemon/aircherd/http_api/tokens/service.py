"""What clients of the socket do with tokens, and the table that the HTTP server looks into.

token.create, list, revoke   -> TokenStore, and the limits that it brings
http.open                    -> ShortLivedTokens, and a port
HTTP server                  -> find, refusal
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from aircherd.api.params import HttpOpenParams, TokenCreateParams, TokenLimit
from aircherd.errors import AircherError, BadRequest
from aircherd.http_api.tokens.short_lived import ShortLivedTokens
from aircherd.http_api.tokens.store import TokenStore
from aircherd.http_api.tokens.token import TokenClient, digest, make_token
from aircherd.usage.nano_usd import DECIMALS, MAX_USD
from aircherd.vocabulary.suggestions import unknown_provider

if TYPE_CHECKING:
    from aircherd.http_api.tokens.token_file import StoredToken

Map = dict[str, object]


class Doors(Protocol):
    """Where the HTTP side can be reached (`server.doors.HttpDoors`)."""

    @property
    def path(self) -> Path:
        """The private socket."""

    @property
    def port(self) -> int | None:
        """The port that is open, None while there is none."""

    @property
    def port_problem(self) -> str | None:
        """Why the port of the configuration is not open, and what to do."""

    def open_port(self, wanted: int | None = None) -> AbstractAsyncContextManager[int]:
        """Hold a port open inside the context, and yield its number; raises OSError."""


class TokenHooks(NamedTuple):
    """What the service needs of others.

    - `apply_limits`: let the limits be in effect that the store has now.
    - `providers`: the names of the providers in the configuration.
    - `key_variables`: the environment variables that may have keys of providers.
    """

    apply_limits: Callable[[], Awaitable[None]]
    providers: Callable[[], Collection[str]]
    key_variables: Callable[[], Collection[str]]


class TokenService:
    """All tokens: those of `store`, and those that live as long as a connection."""

    def __init__(
        self,
        store: TokenStore,
        doors: Doors,
        hooks: TokenHooks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self._doors = doors
        self._short_lived = ShortLivedTokens()
        self._hooks = hooks
        self._clock = clock

    # -------------------------------------------------------------- for the server

    def find(self, token: str) -> TokenClient | None:
        """Return the client of a token as it was presented, None if there is none any more."""
        found = digest(token)
        return self._short_lived.find(found) or self.store.find(found)

    def refusal(self, token: str) -> str:
        """Return why `find` returned None: what is wrong, and what to do."""
        return self.store.refusal(token, digest(token))

    # -------------------------------------------------------------- for clients of the socket

    @property
    def problem(self) -> str | None:
        """Why no stored token is let in, None if nothing is wrong."""
        return self.store.problem

    async def create(self, params: TokenCreateParams) -> Map:
        """Create a token; the result has it, and nothing else ever does.

        Raises:
            BadRequest: a parameter is wrong, or there is a token of that name.
            AircherError: it cannot be stored; nothing changed.
        """
        from aircherd.http_api.tokens.token_file import (  # noqa: PLC0415 -- most have no tokens
            StoredLimit,
            StoredToken,
        )

        now = self._clock()
        check_create(params, now, self._hooks.providers())
        token = make_token()
        stored = StoredToken(
            name=params.name,
            digest=digest(token).hex(),
            created_at=now,
            expires_at=params.expires_at,
            project=params.project,
            models=tuple(params.models) if params.models else None,
            providers=tuple(params.providers) if params.providers else None,
            limits=tuple(StoredLimit(**msgspec.structs.asdict(each)) for each in params.limits),
        )
        await self.store.create(stored)
        if stored.limits:
            await self._hooks.apply_limits()
        return {**_row(stored, now), "token": token, **self._where()}

    async def list(self) -> Map:
        """Return all tokens without their values."""
        await self.refresh()
        now, problem = self._clock(), self.problem
        open_rows = [
            {"name": client.name, **({"project": client.project} if client.project else {})}
            for client in self._short_lived.clients()
        ]
        return {
            "tokens": [_row(token, now) for token in self.store.tokens()],
            "running": open_rows,
            **({"problem": problem} if problem else {}),
            **self._where(),
        }

    async def revoke(self, name: str) -> Map:
        """End a token.

        Raises:
            BadRequest: there is none of that name.
            AircherError: the change cannot be stored; nothing changed.
        """
        had_limits = bool(self.store.limits())
        await self.store.revoke(name)
        if had_limits:
            await self._hooks.apply_limits()
        return {"name": name}

    @asynccontextmanager
    async def open(self, params: HttpOpenParams, host: str | None = None) -> AsyncIterator[Map]:
        """Let in a token, and hold a port open, inside the context.

        The token's name ends with `host` if its program is at another machine.

        Raises:
            BadRequest: the token is open already.
            AircherError: the port cannot be opened.
        """
        token = None if params.digest else make_token()
        found = bytes.fromhex(params.digest) if params.digest else digest(token or "")
        if self.store.find(found):
            raise BadRequest("digest: that is a token of `token.create`, with limits of its own")
        name = f"{params.name}@{host}" if host else params.name
        client = TokenClient(name=name, project=params.project, model=params.model, host=host)
        async with self._open_port(params.port) as port:
            self._short_lived.open(found, client)
            try:
                yield {
                    "socket": str(self._doors.path),
                    "url": url_of(port),
                    "port": port,
                    "variables": sorted(self._hooks.key_variables()),
                    **({"token": token} if token else {}),
                }
            finally:
                self._short_lived.close(found)

    @asynccontextmanager
    async def _open_port(self, wanted: int | None) -> AsyncIterator[int]:
        async with AsyncExitStack() as stack:
            try:
                port = await stack.enter_async_context(self._doors.open_port(wanted))
            except OSError as error:
                which = f"port {wanted}" if wanted else "a port"
                raise AircherError(f"{which} cannot be opened: {error.strerror}") from None
            yield port

    async def refresh(self) -> None:
        """Read the file again if another program changed it."""
        had_limits = bool(self.store.limits())
        if self.store.refresh() and (had_limits or self.store.limits()):
            await self._hooks.apply_limits()

    def _where(self) -> Map:
        where: Map = {"socket": str(self._doors.path)}
        port, problem = self._doors.port, self._doors.port_problem
        if port is not None:
            return {**where, "url": url_of(port)}
        return {**where, "port_problem": problem} if problem else where

    def __repr__(self) -> str:
        return f"<TokenService {self.store!r}, {self._short_lived!r}>"


def url_of(port: int) -> str:
    """Return the base of all URLs at a port of this machine."""
    return f"http://127.0.0.1:{port}"


def check_create(params: TokenCreateParams, now: float, providers: Collection[str]) -> None:
    """Check what `msgspec` cannot.

    Raises:
        BadRequest: it is wrong.
    """
    if params.expires_at is not None and params.expires_at <= now:
        raise BadRequest("expires_at: that time is over")
    for name in params.providers or ():
        if name not in providers:
            raise BadRequest(f"providers: {unknown_provider(name, providers)}")
    seen = set[tuple[str, str]]()
    for limit in params.limits:
        amounts = _amounts(limit)
        if not amounts:
            raise BadRequest("limits: one has no amount: set requests, tokens or usd")
        for amount in amounts:
            if (limit.per, amount) in seen:
                raise BadRequest(f"limits: {amount} for each {limit.per} is limited twice")
            seen.add((limit.per, amount))
        if limit.usd is not None and not _is_amount(limit.usd):
            raise BadRequest(f"limits: usd must be from 0 to {MAX_USD}, with at most 9 decimals")


def _amounts(limit: TokenLimit) -> list[str]:
    names = ("requests", "tokens", "usd")
    return [name for name in names if getattr(limit, name) is not None]


def _is_amount(usd: Decimal) -> bool:
    if not usd.is_finite() or not 0 <= usd <= MAX_USD:
        return False
    return usd == usd.quantize(Decimal(1).scaleb(-DECIMALS))


def _row(token: "StoredToken", now: float) -> Map:
    row: Map = msgspec.to_builtins(token)
    del row["digest"]
    return {**row, **({"expired": True} if token.has_expired(now) else {})}
