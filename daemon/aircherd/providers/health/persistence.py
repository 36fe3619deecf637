"""Keeps cooldowns over a restart: a small file, written soon after a change, read at the start.

It holds how much time is left, not the end: whatever the clocks do in between, no cooldown becomes
longer. A clock that was set forward ends cooldowns early, which the next refusal corrects. A file
that is damaged, or from another version, is ignored.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import structlog
import trio

from aircher_wire.atomic_file import read_data
from aircherd.config.model import Provider
from aircherd.files.background_files import BackgroundFiles
from aircherd.providers.error_mapping.delays.moments import MAX_DELAY
from aircherd.providers.health.clocks import CLOCKS, Clocks
from aircherd.providers.health.store import CooldownStore
from aircherd.routing.cooldown_policy import Cooldown, cap_vendor_seconds, probe_at
from aircherd.routing.cooldown_rules import ScopeKind
from aircherd.vocabulary.failure import FailureClass

SOON = 0.5
"""Seconds between a change and the write: many refusals at once are one write."""

MAX_WAIT = 60.0
"""The longest wait in seconds while something cools: the machine's sleep stops the waiting too."""

log = structlog.get_logger()

Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_DELAY)]


class SavedCooldown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cooldown with `left` seconds to go; its last failure was `ago` seconds before the write."""

    provider: str
    origin: str
    scope: ScopeKind
    key: str | None = None
    model: str | None = None
    kind: FailureClass
    message: str
    left: Seconds
    ago: Annotated[float, msgspec.Meta(ge=0)]
    count: Annotated[int, msgspec.Meta(ge=0)] = 1
    is_vendor_time: bool = msgspec.field(default=False, name="is_told")


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    written_at: float
    cooldowns: list[SavedCooldown]


_CONTENT = msgspec.json.Decoder(_Content)


class CooldownPersistence:
    """The file at `path` and the store it is about. `run` updates both; `files` writes."""

    def __init__(
        self, path: Path, store: CooldownStore, files: BackgroundFiles, *, clocks: Clocks = CLOCKS
    ) -> None:
        self._path = path
        self._store = store
        self._files = files
        self._clocks = clocks
        self._is_dirty = False
        self._changed = trio.Event()

    # -------------------------------------------------------------- in

    def load(self, providers: Mapping[str, Provider]) -> None:
        """Restore the cooldowns that are not over, of providers whose origin is unchanged."""
        content = self._read()
        if content is None:
            return
        # Where the clock was set back, assume that no time has passed.
        passed = max(self._clocks.wall() - content.written_at, 0.0)
        now = self._clocks.ticks()
        for saved in content.cooldowns:
            provider = providers.get(saved.provider)
            if provider and provider.origin == saved.origin and saved.left > passed:
                self._store.put(provider, _cooldown(saved, now - passed))

    def _read(self) -> _Content | None:
        try:
            return _CONTENT.decode(read_data(self._path))
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("cooldowns_unreadable", file=str(self._path), reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning(
                "cooldowns_damaged",
                file=str(self._path),
                hint="ignored: no provider cools at the start",
            )
        return None

    # -------------------------------------------------------------- out

    async def run(self) -> None:
        """Write changes and expire cooldowns; never returns.

        When it is cancelled, `files` writes the last change: close them afterwards.
        """
        self._store.watch(self._note_change)
        try:
            while True:
                await self._wait()
                if self._is_dirty:
                    await trio.sleep(SOON)
                    self._files.put(self._path, self._content())
        finally:
            if self._is_dirty:
                self._files.put(self._path, self._content())

    async def _wait(self) -> None:
        """Return when something has changed or expired."""
        due = self._store.expire()
        if not self._is_dirty:
            with trio.move_on_after(math.inf if due is None else min(max(due, 0.0), MAX_WAIT)):
                await self._changed.wait()

    def _note_change(self) -> None:
        self._is_dirty = True
        self._changed.set()

    def _content(self) -> bytes:
        self._is_dirty, self._changed = False, trio.Event()
        now = self._clocks.ticks()
        saved = [
            _saved(name, origin, cooldown, now)
            for name, origin, cooldown in self._store.cooldowns()
            if now < cooldown.until
        ]
        content = _Content(written_at=self._clocks.wall(), cooldowns=saved)
        return msgspec.json.format(msgspec.json.encode(content), indent=1)

    def __repr__(self) -> str:
        return f"<CooldownPersistence {self._path}{', unsaved' if self._is_dirty else ''}>"


def _saved(provider: str, origin: str, cooldown: Cooldown, now: float) -> SavedCooldown:
    return SavedCooldown(
        provider=provider,
        origin=origin,
        scope=cooldown.scope_kind,
        key=cooldown.key,
        model=cooldown.model,
        kind=cooldown.kind,
        message=cooldown.message,
        left=min(cooldown.until - now, MAX_DELAY),
        ago=max(now - cooldown.since, 0.0),
        count=cooldown.count,
        is_vendor_time=cooldown.is_vendor_time,
    )


def _cooldown(saved: SavedCooldown, then: float) -> Cooldown:
    """Return the cooldown that was saved at the tick `then`."""
    since, until = then - saved.ago, then + cap_vendor_seconds(saved.kind, saved.left)
    return Cooldown(
        scope_kind=saved.scope,
        key=saved.key,
        model=saved.model,
        kind=saved.kind,
        message=saved.message,
        since=since,
        until=until,
        probe_at=probe_at(since, saved.count, until),
        count=saved.count,
        is_vendor_time=saved.is_vendor_time,
    )
