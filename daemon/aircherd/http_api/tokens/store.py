"""The tokens that the user created: in memory, and as digests in `tokens.json`.

    create, revoke   -> written, then in effect; the clients of a revoked token end at once
    find             -> a look-up in a dict, for every request
    refresh          -> the file was changed by another program: what is gone from it ends
    run              -> ends what expires; writes from time to time when a token was used last

A file that is damaged, or of a later version, is left as it is: none of its tokens is let in, with
that reason, and none can be created before it is fixed or moved away.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
import trio

from aircher_wire.directories import WRITABLE_BY_OTHERS
from aircherd.config.model import Limit
from aircherd.errors import AircherError, BadRequest
from aircherd.files.background_files import BackgroundFiles
from aircherd.files.private_file import FileRefused, read_private
from aircherd.http_api.tokens.token import PREFIX, TokenClient
from aircherd.http_api.tokens.token_limits import with_token_limits

if TYPE_CHECKING:
    from aircherd.http_api.tokens.token_file import StoredToken  # most daemons have none

MAX_TOKENS = 1000
"""More than anyone gives names to; each is in memory."""
USED_SECONDS = 300.0
"""How exact the time of the last use is."""
SOON = 2.0
"""Seconds between a use and its write: several are one write."""
LOOK_SECONDS = 3600.0
"""At least so often the clock is looked at for what expires: it may be set."""

log = structlog.get_logger()


class _Known:
    """One token: what is stored of it, its client, and when it was used last."""

    __slots__ = ("client", "expires_at", "stored", "used_at")

    def __init__(self, stored: "StoredToken") -> None:
        self.stored = stored
        self.client = TokenClient(
            name=stored.name,
            project=stored.project,
            models=stored.models,
            providers=stored.providers,
        )
        self.expires_at = math.inf if stored.expires_at is None else stored.expires_at
        self.used_at = stored.used_at or -math.inf

    def to_store(self) -> "StoredToken":
        """Return what is to be stored of it now."""
        used_at = None if self.used_at == -math.inf else self.used_at
        return msgspec.structs.replace(self.stored, used_at=used_at)


class TokenStore:
    """The tokens of the file at `path`, which `files` writes; `clock` returns the Unix time.

    `problem` says why the file cannot be used, None if it can.
    """

    def __init__(
        self,
        path: Path,
        files: BackgroundFiles,
        clock: Callable[[], float] = time.time,
        *,
        uid: int | None = None,
    ) -> None:
        self.path = path
        self._files = files
        self._clock = clock
        self._uid = os.getuid() if uid is None else uid
        self._known: dict[bytes, _Known] = {}
        self._signature: tuple[int, ...] | None = None
        self._lock = trio.Lock()
        self._changed = trio.Event()
        self._is_use_noted = True
        self.problem: str | None = None
        self._load()

    # -------------------------------------------------------------- requests

    def find(self, digest: bytes) -> TokenClient | None:
        """Return the client of the token with this digest, None if it is not let in."""
        known = self._known.get(digest)
        if known is None:
            return None
        now = self._clock()
        if now >= known.expires_at or not known.client.is_alive:
            return None
        if abs(now - known.used_at) >= USED_SECONDS:  # also if the clock was set
            known.used_at = now
            self._is_use_noted = False
            self._changed.set()
        return known.client

    def refusal(self, token: str, digest: bytes) -> str:
        """Return why `find` returned None for a token and its digest. The token is not repeated."""
        if self.problem:
            return f"no token can be checked: {self.problem}"
        if known := self._known.get(digest):
            name = known.stored.name
            return f"the token {name!r} has expired: {_create_hint(name)}"
        if not token.startswith(PREFIX):
            return f"that is not a token of aircher: {_create_hint('NAME')}"
        return f"the token is unknown, or was revoked: {_create_hint('NAME')}"

    # -------------------------------------------------------------- the user's changes

    def tokens(self) -> list["StoredToken"]:
        """Return all tokens, the oldest first."""
        return [known.to_store() for known in self._known.values()]

    def with_limits(self, configured: Sequence[Limit]) -> list[Limit]:
        """Return these limits and those of all tokens."""
        return with_token_limits(configured, self.limits())

    def limits(self) -> list[Limit]:
        """Return the limits of all tokens."""
        return [
            limit.of_client(known.stored.name)
            for known in self._known.values()
            for limit in known.stored.limits
        ]

    async def create(self, token: "StoredToken") -> None:
        """Let in a new token.

        Raises:
            BadRequest: there is one of that name, or there are too many.
            AircherError: the file cannot be used, or not be written; nothing changed.
        """
        async with self._lock:
            self._require_usable()
            if any(known.stored.name == token.name for known in self._known.values()):
                raise BadRequest(
                    f"name: there is a token {token.name!r}; revoke it first, or take another name"
                )
            if len(self._known) >= MAX_TOKENS:
                raise BadRequest(f"there are {MAX_TOKENS} tokens: revoke some")
            await self._write([*self._known.values(), _Known(token)])

    async def revoke(self, name: str) -> None:
        """Let a token in no more, and end what it is used for now.

        Raises:
            BadRequest: there is none of that name.
            AircherError: as `create`.
        """
        async with self._lock:
            self._require_usable()
            kept = [known for known in self._known.values() if known.stored.name != name]
            if len(kept) == len(self._known):
                raise BadRequest(f"name: there is no token {name!r}: see 'aircher-cli token list'")
            await self._write(kept)

    def refresh(self) -> bool:
        """Read the file again if another program changed it; return whether it was read."""
        if _signature(self.path) == self._signature:
            return False
        self._load()
        return True

    # -------------------------------------------------------------- in the background

    async def run(self) -> None:
        """End the clients of tokens that expire, and write when tokens were used; never returns."""
        while True:
            with trio.move_on_after(self._until_expiry()):
                await self._changed.wait()
            self._changed = trio.Event()
            self._end_expired()
            if not self._is_use_noted:
                await trio.sleep(SOON)
                self._is_use_noted = True
                await self._note_use()

    async def _note_use(self) -> None:
        async with self._lock:
            if self.problem or _signature(self.path) != self._signature:
                return  # the file is not ours to replace
            try:
                await self._write(self._known.values())
            except AircherError as error:
                log.warning("token_use_not_noted", reason=error.message)

    def _until_expiry(self) -> float:
        now = self._clock()
        times = (known.expires_at for known in self._known.values() if known.client.is_alive)
        return min(max(0.0, min(times, default=math.inf) - now), LOOK_SECONDS)

    def _end_expired(self) -> None:
        now = self._clock()
        for known in self._known.values():
            if now >= known.expires_at and known.client.is_alive:
                known.client.end()

    # -------------------------------------------------------------- the file

    def _require_usable(self) -> None:
        self.refresh()
        if self.problem:
            raise AircherError(self.problem)

    async def _write(self, known: Iterable[_Known]) -> None:
        """Write these tokens, and let only them in.

        Raises:
            AircherError: the file cannot be written; nothing changed.
        """
        from aircherd.http_api.tokens.token_file import encode_tokens  # noqa: PLC0415 -- likewise

        wanted = list(known)
        content = encode_tokens([each.to_store() for each in wanted])
        try:
            await self._files.write(self.path, content)
        except OSError as error:
            raise AircherError(f"{self.path} cannot be written: {error.strerror}") from None
        self._signature = _signature(self.path)
        self._use(wanted)

    def _load(self) -> None:
        self._signature = _signature(self.path)  # before the read: a later change is noticed
        self.problem, found = None, list["StoredToken"]()
        try:
            content = read_private(self.path, uid=self._uid, forbidden=WRITABLE_BY_OTHERS)
        except FileRefused as error:
            self.problem = str(error)
        else:
            found = [] if content is None else self._decode(content)
        if self.problem:
            log.warning("tokens_unusable", reason=self.problem)
        same = {_without_use(known.stored): known for known in self._known.values()}
        self._use([same.get(_without_use(each)) or _Known(each) for each in found])

    def _decode(self, content: bytes) -> list["StoredToken"]:
        """Return the tokens of the content; none, with a `problem`, if it is none of ours."""
        from aircherd.http_api.tokens.token_file import (  # noqa: PLC0415 -- most have no tokens
            UnusableTokens,
            decode_tokens,
        )

        try:
            return decode_tokens(content)
        except UnusableTokens as error:
            self.problem = (
                f"{self.path} {error}, so none of its tokens is let in: restore it, or move it "
                "away and create the tokens again"
            )
            return []

    def _use(self, wanted: list[_Known]) -> None:
        gone = set(self._known.values()).difference(wanted)
        self._known = {bytes.fromhex(known.stored.digest): known for known in wanted}
        for known in gone:
            known.client.end()
        self._changed.set()  # another one may expire first

    def __repr__(self) -> str:
        return f"<TokenStore of {len(self._known)} tokens in {self.path}>"


def _create_hint(name: str) -> str:
    return f"create one with 'aircher-cli token create {name}'"


def _without_use(token: "StoredToken") -> "StoredToken":
    return msgspec.structs.replace(token, used_at=None)


def _signature(path: Path) -> tuple[int, ...] | None:
    """Return what changes with every change of the file, None if there is no file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
